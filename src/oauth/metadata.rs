//! What an authorization server says about itself: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2.

mod differences;
mod facts;

pub use differences::{Difference, apply, differences};
pub use facts::{Chosen, definition_facts, definition_facts_for};

use super::issuer::Issuer;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use url::Url;

/// The members that this program acts upon. Unknown ones are ignored, and optional lists of a wrong type count as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// As the server spells it; the value to compare `iss` with.
    pub issuer: String,
    pub token_endpoint: Url,
    pub authorization_endpoint: Option<Url>,
    pub revocation_endpoint: Option<Url>,
    pub introspection_endpoint: Option<Url>,
    pub userinfo_endpoint: Option<Url>,
    pub device_authorization_endpoint: Option<Url>,
    pub registration_endpoint: Option<Url>,
    pub jwks_uri: Option<Url>,
    /// `None`: the server does not say.
    pub scopes_supported: Option<Vec<String>>,
    pub response_modes_supported: Option<Vec<String>>,
    pub grant_types_supported: Option<Vec<String>>,
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// RFC 9207 §3: a callback without `iss` is then to be refused.
    pub authorization_response_iss_parameter_supported: bool,
    /// Where a client with a TLS certificate asks instead (RFC 8705 §5), by the name of the usual endpoint.
    pub mtls_endpoint_aliases: BTreeMap<String, Url>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMetadata {
    #[error("it is not a JSON object")]
    NotJson,
    #[error("it has no \"{0}\"")]
    Missing(&'static str),
    #[error(
        "its issuer is \"{said}\", not \"{expected}\" (RFC 8414 §3.3): if that is the server you mean, enter it as the issuer"
    )]
    OtherIssuer { said: String, expected: String },
    #[error("its \"{0}\" is not an absolute http(s) URL without user name and fragment")]
    Endpoint(&'static str),
    #[error("its \"{0}\" is plain http although the issuer is https: correct the server's own public URL")]
    PlainEndpoint(&'static str),
}

impl Metadata {
    /// Reads a metadata document that was fetched from one of `expected`'s well-known addresses.
    pub fn parse(body: &[u8], expected: &Issuer) -> Result<Self, BadMetadata> {
        let document: Map<String, Value> = serde_json::from_slice(body).map_err(|_| BadMetadata::NotJson)?;
        let issuer = issuer(&document, expected)?;
        let endpoint = |name| endpoint(&document, name, expected);
        let list = |name| list(&document, name);
        Ok(Self {
            issuer,
            token_endpoint: endpoint("token_endpoint")?.ok_or(BadMetadata::Missing("token_endpoint"))?,
            authorization_endpoint: endpoint("authorization_endpoint")?,
            revocation_endpoint: endpoint("revocation_endpoint")?,
            introspection_endpoint: endpoint("introspection_endpoint")?,
            userinfo_endpoint: endpoint("userinfo_endpoint")?,
            device_authorization_endpoint: endpoint("device_authorization_endpoint")?,
            registration_endpoint: endpoint("registration_endpoint")?,
            jwks_uri: endpoint("jwks_uri")?,
            scopes_supported: list("scopes_supported"),
            response_modes_supported: list("response_modes_supported"),
            grant_types_supported: list("grant_types_supported"),
            token_endpoint_auth_methods_supported: list("token_endpoint_auth_methods_supported"),
            code_challenge_methods_supported: list("code_challenge_methods_supported"),
            authorization_response_iss_parameter_supported: document
                .get("authorization_response_iss_parameter_supported")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            mtls_endpoint_aliases: aliases(&document, expected)?,
        })
    }

    fn offers_scope(&self, scope: &str) -> bool {
        self.scopes_supported.iter().flatten().any(|offered| offered == scope)
    }
}

fn issuer(document: &Map<String, Value>, expected: &Issuer) -> Result<String, BadMetadata> {
    let said = document.get("issuer").and_then(Value::as_str).ok_or(BadMetadata::Missing("issuer"))?;
    if expected.is_called(said) {
        return Ok(said.to_owned());
    }
    let shown = said.chars().filter(|c| !c.is_control()).take(200).collect();
    Err(BadMetadata::OtherIssuer { said: shown, expected: expected.as_str().to_owned() })
}

/// An absent, null or empty endpoint is `None`; any other value has to be a usable URL.
fn endpoint(document: &Map<String, Value>, name: &'static str, issuer: &Issuer) -> Result<Option<Url>, BadMetadata> {
    let text = match document.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(BadMetadata::Endpoint(name)),
    };
    let url = Url::parse(text).map_err(|_| BadMetadata::Endpoint(name))?;
    let web = matches!(url.scheme(), "http" | "https");
    if !web || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(BadMetadata::Endpoint(name));
    }
    // The client secret would travel in the clear, whatever the document's own protection was.
    if issuer.is_https() && url.scheme() == "http" {
        return Err(BadMetadata::PlainEndpoint(name));
    }
    Ok(Some(url))
}

fn aliases(document: &Map<String, Value>, issuer: &Issuer) -> Result<BTreeMap<String, Url>, BadMetadata> {
    const ASKED_WITH_A_CERTIFICATE: [&str; 5] = [
        "token_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
        "userinfo_endpoint",
        "device_authorization_endpoint",
    ];
    let Some(Value::Object(aliases)) = document.get("mtls_endpoint_aliases") else { return Ok(BTreeMap::new()) };
    let mut found = BTreeMap::new();
    for name in ASKED_WITH_A_CERTIFICATE {
        if let Some(url) = endpoint(aliases, name, issuer)? {
            found.insert(name.to_owned(), url);
        }
    }
    Ok(found)
}

fn list(document: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let items = document.get(name)?.as_array()?;
    Some(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
pub(in crate::oauth) mod tests {
    use super::*;
    use serde_json::json;

    fn issuer() -> Issuer {
        Issuer::parse("https://as.example").unwrap()
    }

    /// A usable document with `changes` on top; a null removes.
    fn document(changes: Value) -> Vec<u8> {
        let mut document = json!({
            "issuer": "https://as.example",
            "authorization_endpoint": "https://as.example/authorize",
            "token_endpoint": "https://as.example/token",
        });
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        document.to_string().into_bytes()
    }

    pub fn parse(changes: Value) -> Result<Metadata, BadMetadata> {
        Metadata::parse(&document(changes), &issuer())
    }

    #[test]
    fn unknown_members_and_wrong_types_of_lists_are_ignored() {
        let metadata = parse(json!({
            "scopes_supported": "openid",
            "grant_types_supported": ["authorization_code", 7, null],
            "code_challenge_methods_supported": {},
            "authorization_response_iss_parameter_supported": "yes",
            "revocation_endpoint": "",
            "introspection_endpoint": null,
            "a_member_of_next_year": [[1]],
        }))
        .unwrap();
        assert_eq!(metadata.scopes_supported, None);
        assert_eq!(metadata.grant_types_supported, Some(vec!["authorization_code".to_owned()]));
        assert_eq!(metadata.code_challenge_methods_supported, None);
        assert!(!metadata.authorization_response_iss_parameter_supported);
        assert_eq!((metadata.revocation_endpoint, metadata.introspection_endpoint), (None, None));
    }

    #[test]
    fn a_lying_issuer_is_refused_and_quoted() {
        for said in
            ["https://evil.example", "https://as.example/tenant", "http://as.example", "https://as.example:8443"]
        {
            let error = parse(json!({ "issuer": said })).unwrap_err();
            assert!(matches!(error, BadMetadata::OtherIssuer { .. }));
            let shown = error.to_string();
            assert!(shown.contains(&format!("\"{said}\"")) && shown.contains("\"https://as.example\""), "{shown}");
        }
        assert_eq!(parse(json!({ "issuer": null })), Err(BadMetadata::Missing("issuer")));
    }

    #[test]
    fn the_server_decides_about_the_slash_at_the_end() {
        assert_eq!(parse(json!({ "issuer": "https://as.example/" })).unwrap().issuer, "https://as.example/");
    }

    #[test]
    fn an_unusable_endpoint_is_named() {
        for bad in [
            json!("/token"),
            json!("javascript:alert(1)"),
            json!("file:///etc/passwd"),
            json!("https://as.example/token#x"),
            json!("https://user@as.example/token"),
            json!("https://user:pw@as.example/token"),
            json!(7),
            json!(["https://as.example/token"]),
        ] {
            assert_eq!(parse(json!({ "token_endpoint": bad })), Err(BadMetadata::Endpoint("token_endpoint")), "{bad}");
            assert_eq!(parse(json!({ "jwks_uri": bad })), Err(BadMetadata::Endpoint("jwks_uri")), "{bad}");
        }
        let plain = json!({ "revocation_endpoint": "http://as.example/revoke" });
        assert_eq!(parse(plain), Err(BadMetadata::PlainEndpoint("revocation_endpoint")));
    }

    #[test]
    fn a_document_without_a_token_endpoint_is_of_no_use() {
        assert_eq!(parse(json!({ "token_endpoint": null })), Err(BadMetadata::Missing("token_endpoint")));
        for junk in [&b"<html>"[..], b"", b"[]", b"\"text\"", b"{\"issuer\":"] {
            assert_eq!(Metadata::parse(junk, &issuer()), Err(BadMetadata::NotJson));
        }
    }
}
