//! The token request: code exchange (RFC 6749 §4.1.3), refresh (§6), client credentials (§4.4), laid out as the
//! definition says.

use super::authorization_request::{filled_in, with_query};
use super::client_assertion;
use super::definition::{Auth, AuthMethod, BasicEncoding, BodyFormat, Definition, HttpMethod, Overlay, RefreshInput};
use super::outgoing::{Body, Method, Outgoing, TlsIdentity};
use super::secret::Secret;
use super::template::{self, TemplateError, Values};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Who asks, for one request: the proofs in it serve once.
#[derive(Debug, Default)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: Option<Secret>,
    /// The signed statement of `client_secret_jwt` and `private_key_jwt`.
    pub assertion: Option<Secret>,
    /// The certificate of `tls_client_auth`.
    pub identity: Option<TlsIdentity>,
}

impl Credentials {
    /// What is struck out of whatever the server says.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.client_secret.iter().chain(&self.assertion)
    }
}

type Parameters = Vec<(&'static str, &'static str)>;

/// The shape of one request to the token endpoint.
struct Shape<'d> {
    url: &'d str,
    method: HttpMethod,
    auth: &'d Auth,
    body: BodyFormat,
    params: &'d Overlay,
    headers: &'d BTreeMap<String, String>,
}

/// Exchanges an authorization code. `values` hold `code`, `code_verifier` and `redirect_uri` besides the common ones.
pub fn exchange(definition: &Definition, values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
    let mut base = vec![("grant_type", "authorization_code"), ("code", "{code}"), ("redirect_uri", "{redirect_uri}")];
    if values.has("code_verifier") {
        base.push(("code_verifier", "{code_verifier}"));
    }
    at_token_endpoint(definition).request(base, values, who)
}

/// Asks in the client's own name.
pub fn client_credentials(
    definition: &Definition,
    values: Values,
    who: &Credentials,
) -> Result<Outgoing, TemplateError> {
    let mut base = vec![("grant_type", "client_credentials")];
    if !definition.scopes.is_empty() {
        base.push(("scope", "{scope}"));
    }
    at_token_endpoint(definition).request(base, values, who)
}

/// Refreshes. `values` hold `refresh_token` and `access_token` besides the common ones.
pub fn refresh(definition: &Definition, values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
    let (token, refresh) = (&definition.token, &definition.refresh);
    let input = match refresh.input {
        RefreshInput::RefreshToken => vec![("refresh_token", "{refresh_token}")],
        RefreshInput::AccessToken => vec![("access_token", "{access_token}")],
        RefreshInput::None => vec![],
    };
    let shape = Shape {
        url: refresh.url.as_deref().unwrap_or(&token.url),
        method: refresh.method.unwrap_or(token.method),
        auth: refresh.auth.as_ref().unwrap_or(&token.auth),
        body: refresh.body.unwrap_or(token.body),
        params: &refresh.params,
        headers: refresh.headers.as_ref().unwrap_or(&token.headers),
    };
    let base = std::iter::once(("grant_type", "refresh_token")).chain(input).collect();
    shape.request(base, values, who)
}

/// Revokes `token` at `url` (RFC 7009 §2.1), authenticated as at the token endpoint.
pub fn revocation(
    definition: &Definition,
    url: &str,
    values: Values,
    who: &Credentials,
) -> Result<Outgoing, TemplateError> {
    about_token(definition, url, values, who)
}

/// Asks `url` what `token` is good for (RFC 7662 §2.1), authenticated as at the token endpoint.
pub fn introspection(
    definition: &Definition,
    url: &str,
    values: Values,
    who: &Credentials,
) -> Result<Outgoing, TemplateError> {
    about_token(definition, url, values, who)
}

fn about_token(
    definition: &Definition,
    url: &str,
    values: Values,
    who: &Credentials,
) -> Result<Outgoing, TemplateError> {
    let shape = Shape {
        url,
        method: HttpMethod::Post,
        body: BodyFormat::Form,
        params: &Overlay::default(),
        ..at_token_endpoint(definition)
    };
    shape.request(vec![("token", "{token}"), ("token_type_hint", "{token_type_hint}")], values, who)
}

fn at_token_endpoint(definition: &Definition) -> Shape<'_> {
    let token = &definition.token;
    Shape {
        url: &token.url,
        method: token.method,
        auth: &token.auth,
        body: token.body,
        params: &token.params,
        headers: &token.headers,
    }
}

impl Shape<'_> {
    fn request(&self, mut base: Parameters, mut values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
        let secret = who.client_secret.as_ref().filter(|secret| !secret.is_empty());
        values.set("client_secret", secret.map_or("", Secret::expose));
        let mut headers = vec![("Accept".to_owned(), Secret::new("application/json"))];
        match (self.auth.method, secret) {
            (AuthMethod::Basic, _) => headers.push(("Authorization".to_owned(), basic(self.auth.encoding, who))),
            (AuthMethod::Post, Some(_)) => {
                base.extend([("client_id", "{client_id}"), ("client_secret", "{client_secret}")]);
            }
            (AuthMethod::ClientSecretJwt | AuthMethod::PrivateKeyJwt, _) => {
                base.extend([
                    ("client_id", "{client_id}"),
                    ("client_assertion_type", client_assertion::TYPE),
                    ("client_assertion", "{client_assertion}"),
                ]);
                values.set("client_assertion", who.assertion.as_ref().map_or("", Secret::expose));
            }
            _ => base.push(("client_id", "{client_id}")),
        }
        let identity = who.identity.clone().filter(|_| self.auth.method == AuthMethod::TlsClientAuth);
        for (name, template) in self.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), Secret::new(template::render(template, &values)?)));
        }
        let pairs = filled_in(self.params, &base, &values)?;
        let url = template::render_url(self.url, &values)?;
        Ok(match (self.method, self.body) {
            (HttpMethod::Get, _) => Outgoing { headers, identity, ..Outgoing::get(with_query(url, &pairs, &[], None)) },
            (HttpMethod::Post, BodyFormat::Query) => {
                let url = with_query(url, &pairs, &[], None);
                Outgoing { method: Method::Post, headers, identity, ..Outgoing::get(url) }
            }
            (HttpMethod::Post, BodyFormat::Form) => {
                let body = Body::form(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
                Outgoing { headers, identity, ..Outgoing::post(url, body) }
            }
            (HttpMethod::Post, BodyFormat::Json) => {
                let body: Map<String, Value> = pairs.into_iter().map(|(name, value)| (name, value.into())).collect();
                Outgoing { headers, identity, ..Outgoing::post(url, Body::json(&body.into())) }
            }
        })
    }
}

/// RFC 6749 §2.3.1: both halves are form-encoded before Base64, unless the server wants them raw.
fn basic(encoding: BasicEncoding, who: &Credentials) -> Secret {
    let half = |text: &str| match encoding {
        BasicEncoding::Form => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        BasicEncoding::Raw => text.to_owned(),
    };
    let secret = who.client_secret.as_ref().map_or("", Secret::expose);
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{}:{}", half(&who.client_id), half(secret)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::timestamp::Timestamp;
    use serde_json::json;

    fn definition(token: Value, refresh: Value) -> Definition {
        Definition::from_json(json!({"client_id": "id", "authorize": {"url": "https://as.example/a"},
            "token": token, "refresh": refresh, "scopes": ["a", "b"]}))
        .unwrap()
    }

    fn values(definition: &Definition) -> Values {
        let values = definition.values("https://me.example/cb", Timestamp(0), "r");
        values.with("code", "c&d").with("code_verifier", "v").with("refresh_token", "R").with("access_token", "A")
    }

    fn who() -> Credentials {
        let client_secret = Some(Secret::new("a:b%+é"));
        Credentials { client_id: "id".to_owned(), client_secret, ..Credentials::default() }
    }

    fn body(request: &Outgoing) -> &str {
        request.body.as_ref().unwrap().text.expose()
    }

    fn authorization(request: &Outgoing) -> String {
        let (_, value) = request.headers.iter().find(|(name, _)| name == "Authorization").unwrap();
        let encoded = value.expose().strip_prefix("Basic ").unwrap();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    }

    #[test]
    fn an_exchange_posts_a_form_with_code_and_verifier() {
        let definition = definition(json!({"url": "https://as.example/t"}), json!({}));
        let request = exchange(&definition, values(&definition), &who()).unwrap();
        assert_eq!(
            body(&request),
            "grant_type=authorization_code&code=c%26d&redirect_uri=https%3A%2F%2Fme.example%2Fcb&code_verifier=v\
             &client_id=id&client_secret=a%3Ab%25%2B%C3%A9"
        );
    }

    #[test]
    fn basic_is_form_encoded_unless_raw_is_asked_for() {
        let encoded = definition(json!({"url": "https://as.example/t", "auth": "basic"}), json!({}));
        let request = exchange(&encoded, values(&encoded), &who()).unwrap();
        assert_eq!(authorization(&request), "id:a%3Ab%25%2B%C3%A9");
        assert!(!body(&request).contains("client_id"));
        let raw = json!({"url": "https://as.example/t", "auth": {"method": "basic", "encoding": "raw"}});
        let raw = definition(raw, json!({}));
        assert_eq!(authorization(&exchange(&raw, values(&raw), &who()).unwrap()), "id:a:b%+é");
    }

    #[test]
    fn a_public_client_sends_its_id_alone() {
        let definition = definition(json!({"url": "https://as.example/t", "auth": "none"}), json!({}));
        let request = exchange(&definition, values(&definition), &who()).unwrap();
        assert!(body(&request).ends_with("&client_id=id") && !body(&request).contains("secret"));
    }

    #[test]
    fn a_statement_goes_instead_of_the_secret() {
        let auth = json!({"method": "private_key_jwt", "kid": "k"});
        let definition = definition(json!({"url": "https://as.example/t", "auth": auth}), json!({}));
        let who = Credentials { assertion: Some(Secret::new("a.b.c")), ..who() };
        let request = exchange(&definition, values(&definition), &who).unwrap();
        assert!(body(&request).ends_with(
            "&client_id=id&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
             &client_assertion=a.b.c"
        ));
        assert!(!body(&request).contains("secret="));
    }

    #[test]
    fn a_refresh_inherits_what_it_does_not_say() {
        let definition = definition(
            json!({"url": "https://as.example/t", "body": "json", "headers": {"X-Key": "{client_id}"}}),
            json!({"params": {"scope": "{scope}"}}),
        );
        let request = refresh(&definition, values(&definition), &who()).unwrap();
        let body: Value = serde_json::from_str(body(&request)).unwrap();
        assert_eq!(
            body,
            json!({"grant_type": "refresh_token", "refresh_token": "R", "client_id": "id", "client_secret": "a:b%+é", "scope": "a b"})
        );
        assert!(request.headers.iter().any(|(name, value)| name == "X-Key" && value.expose() == "id"));
    }

    #[test]
    fn a_refresh_by_get_carries_the_old_access_token() {
        let definition = definition(
            json!({"url": "https://as.example/t", "auth": "none"}),
            json!({"url": "https://as.example/r?v=1", "method": "GET", "input": "access_token",
                   "params": {"grant_type": "ig_refresh_token", "client_id": null}}),
        );
        let request = refresh(&definition, values(&definition), &who()).unwrap();
        assert_eq!(request.url.as_str(), "https://as.example/r?v=1&grant_type=ig_refresh_token&access_token=A");
        assert!(request.body.is_none());
    }

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_not_filled_in_again() {
        let definition = definition(json!({"url": "https://as.example/t"}), json!({}));
        let values = values(&definition).with("code", "{client_secret}");
        let request = exchange(&definition, values, &who()).unwrap();
        assert!(body(&request).contains("code=%7Bclient_secret%7D"));
    }
}
