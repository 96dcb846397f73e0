//! From metadata to the beginning of a client definition.

use super::Metadata;
use crate::oauth::definition::GrantType;
use serde_json::{Map, Value, json};
use url::Url;

/// The fragment of a client definition that the metadata answers, in the definition's own names; the user adds the
/// client id and secret.
pub fn definition_facts(metadata: &Metadata) -> Value {
    definition_facts_for(metadata, &Chosen::default())
}

/// What a person has decided already, whatever else the server offers.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// The client authentication method, in the definition's own word.
    pub auth: Option<String>,
    pub grant: Option<GrantType>,
}

/// The same for who has chosen.
pub fn definition_facts_for(metadata: &Metadata, chosen: &Chosen) -> Value {
    let mut facts = Map::new();
    facts.insert("issuer".into(), json!(metadata.issuer));
    let grant = chosen.grant.clone().unwrap_or_else(|| grant(metadata));
    facts.insert("grant".into(), json!(grant));
    // Both scopes are about a person: several servers refuse them, or fail, where there is none.
    let scopes = if grant.needs_resource_owner() { proposed_scopes(metadata) } else { Vec::new() };
    if let Some(url) = &metadata.authorization_endpoint {
        facts.insert("authorize".into(), authorize(url, &scopes));
        // S256 even where only `plain` is advertised: less is the user's explicit choice (RFC 9700 §2.1.1).
        facts.insert("pkce".into(), json!("s256"));
    }
    if metadata.authorization_response_iss_parameter_supported {
        facts.insert("callback".into(), json!({ "iss": "required" }));
    }
    if !scopes.is_empty() {
        facts.insert("scopes".into(), json!(scopes));
    }
    let method = chosen.auth.as_deref().or_else(|| client_authentication(metadata));
    let asked_at = |name: &str, url| {
        let alias = metadata.mtls_endpoint_aliases.get(name).filter(|_| method == Some("tls_client_auth"));
        alias.or(url)
    };
    facts.insert("token".into(), token(asked_at("token_endpoint", Some(&metadata.token_endpoint)), method));
    for (name, endpoint, url) in [
        ("revoke", "revocation_endpoint", &metadata.revocation_endpoint),
        ("introspect", "introspection_endpoint", &metadata.introspection_endpoint),
        ("userinfo", "userinfo_endpoint", &metadata.userinfo_endpoint),
        ("device", "device_authorization_endpoint", &metadata.device_authorization_endpoint),
    ] {
        if let Some(url) = asked_at(endpoint, url.as_ref()) {
            facts.insert(name.into(), json!({ "url": url }));
        }
    }
    if let Some(url) = &metadata.jwks_uri {
        facts.insert("id_token".into(), json!({ "jwks_url": url }));
    }
    Value::Object(facts)
}

/// Without a page to send the browser to, what remains is the device flow, and then no resource owner at all.
fn grant(metadata: &Metadata) -> GrantType {
    match (&metadata.authorization_endpoint, &metadata.device_authorization_endpoint) {
        (Some(_), _) => GrantType::AuthorizationCode,
        (None, Some(_)) => GrantType::DeviceCode,
        (None, None) => GrantType::ClientCredentials,
    }
}

fn authorize(url: &Url, scopes: &[&str]) -> Value {
    if scopes.contains(&"offline_access") {
        // OpenID Connect Core §11: without consent the server must ignore offline_access.
        json!({ "url": url, "params": { "prompt": "consent" } })
    } else {
        json!({ "url": url })
    }
}

/// Only what makes the grant last; everything else is the user's to ask for.
fn proposed_scopes(metadata: &Metadata) -> Vec<&'static str> {
    ["openid", "offline_access"].into_iter().filter(|scope| metadata.offers_scope(scope)).collect()
}

fn token(url: Option<&Url>, method: Option<&str>) -> Value {
    let mut token = Map::new();
    token.insert("url".into(), json!(url));
    if let Some(auth) = method {
        token.insert("auth".into(), json!(auth));
    }
    Value::Object(token)
}

/// The simplest method that the server names. `None`: it is silent (the definition's `auto` finds out then), or names none
/// that we speak.
fn client_authentication(metadata: &Metadata) -> Option<&'static str> {
    let offered = metadata.token_endpoint_auth_methods_supported.as_ref()?;
    [
        ("client_secret_basic", "basic"),
        ("client_secret_post", "post"),
        ("none", "none"),
        ("private_key_jwt", "private_key_jwt"),
        ("client_secret_jwt", "client_secret_jwt"),
        ("tls_client_auth", "tls_client_auth"),
    ]
    .into_iter()
    .find(|(method, _)| offered.iter().any(|offer| offer == method))
    .map(|(_, auth)| auth)
}

#[cfg(test)]
mod tests {
    use super::{super::tests::parse, *};

    #[test]
    fn a_bare_document_gives_a_code_client_that_finds_out_how_to_authenticate() {
        assert_eq!(
            definition_facts(&parse(json!({})).unwrap()),
            json!({
                "issuer": "https://as.example",
                "grant": "authorization_code",
                "authorize": { "url": "https://as.example/authorize" },
                "pkce": "s256",
                "token": { "url": "https://as.example/token" },
            })
        );
    }

    #[test]
    fn a_full_document_gives_every_url_and_lasting_access() {
        let metadata = parse(json!({
            "scopes_supported": ["email", "offline_access", "openid"],
            "code_challenge_methods_supported": ["plain"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "none", "client_secret_post"],
            "revocation_endpoint": "https://as.example/revoke",
            "introspection_endpoint": "https://as.example/introspect",
            "userinfo_endpoint": "https://as.example/userinfo",
            "device_authorization_endpoint": "https://as.example/device",
        }));
        assert_eq!(
            definition_facts(&metadata.unwrap()),
            json!({
                "issuer": "https://as.example",
                "grant": "authorization_code",
                "authorize": { "url": "https://as.example/authorize", "params": { "prompt": "consent" } },
                "pkce": "s256",
                "scopes": ["openid", "offline_access"],
                "token": { "url": "https://as.example/token", "auth": "post" },
                "revoke": { "url": "https://as.example/revoke" },
                "introspect": { "url": "https://as.example/introspect" },
                "userinfo": { "url": "https://as.example/userinfo" },
                "device": { "url": "https://as.example/device" },
            })
        );
    }

    #[test]
    fn the_simplest_offered_authentication_is_chosen() {
        for (offered, auth) in [
            (json!(null), Value::Null),
            (json!(["client_secret_post", "client_secret_basic"]), json!("basic")),
            (json!(["none"]), json!("none")),
            (json!(["client_secret_jwt", "private_key_jwt"]), json!("private_key_jwt")),
            (json!(["tls_client_auth"]), json!("tls_client_auth")),
            (json!(["something_new"]), Value::Null),
        ] {
            let metadata = parse(json!({ "token_endpoint_auth_methods_supported": offered })).unwrap();
            assert_eq!(definition_facts(&metadata)["token"]["auth"], auth, "{offered}");
        }
    }

    #[test]
    fn a_client_with_a_certificate_asks_at_the_aliases() {
        let document = json!({
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "tls_client_auth"],
            "revocation_endpoint": "https://as.example/revoke",
            "jwks_uri": "https://as.example/jwks",
            "mtls_endpoint_aliases": { "token_endpoint": "https://mtls.as.example/token" },
        });
        let metadata = parse(document).unwrap();
        let facts = definition_facts_for(&metadata, &Chosen { auth: Some("tls_client_auth".to_owned()), grant: None });
        assert_eq!(facts["token"], json!({ "url": "https://mtls.as.example/token", "auth": "tls_client_auth" }));
        assert_eq!(facts["revoke"]["url"], "https://as.example/revoke");
        assert_eq!(facts["id_token"]["jwks_url"], "https://as.example/jwks");
        assert_eq!(definition_facts(&metadata)["token"]["url"], "https://as.example/token");
    }

    #[test]
    fn nobodys_scopes_are_proposed_where_nobody_agrees() {
        let metadata = parse(json!({ "scopes_supported": ["openid", "offline_access"] })).unwrap();
        let facts =
            |grant: &str| definition_facts_for(&metadata, &Chosen { grant: Some(grant.to_owned().into()), auth: None });
        for grant in ["client_credentials", GrantType::TOKEN_EXCHANGE] {
            let facts = facts(grant);
            assert_eq!((&facts["grant"], &facts["scopes"]), (&json!(grant), &Value::Null));
            assert_eq!(facts["authorize"], json!({ "url": "https://as.example/authorize" }));
        }
        assert_eq!(facts("device_code")["scopes"], json!(["openid", "offline_access"]));
    }

    #[test]
    fn the_grant_follows_from_the_endpoints() {
        let device =
            json!({ "authorization_endpoint": null, "device_authorization_endpoint": "https://as.example/device" });
        assert_eq!(definition_facts(&parse(device).unwrap())["grant"], "device_code");
        let machine = json!({ "authorization_endpoint": null, "scopes_supported": ["openid"] });
        let facts = definition_facts(&parse(machine).unwrap());
        assert_eq!(
            (&facts["grant"], &facts["scopes"], &facts["pkce"]),
            (&json!("client_credentials"), &Value::Null, &Value::Null)
        );
    }
}
