use super::*;
use crate::oauth::metadata::tests::parse as metadata_with;

const CALLBACK: &str = "http://127.0.0.1:8080/auth_callback";

fn metadata(changes: Value) -> Metadata {
    let mut all = json!({ "registration_endpoint": "https://as.example/reg" });
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    metadata_with(all).unwrap()
}

fn definition(auth: AuthMethod) -> Definition {
    let mut definition = Definition { scopes: vec!["a".to_owned(), "b".to_owned()], ..Definition::default() };
    definition.token.auth.method = auth;
    definition
}

fn asked(changes: Value, definition: &Definition, redirect_uri: &str) -> Result<Value, BadRegistration> {
    let outgoing = request(&metadata(changes), definition, "music", redirect_uri, None)?;
    Ok(serde_json::from_str(outgoing.body.unwrap().text.expose()).unwrap())
}

fn answered(changes: Value) -> Result<Registered, BadRegistration> {
    let mut answer = json!({
        "client_id": "id", "client_secret": "canary", "client_secret_expires_at": 0,
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post",
        "registration_client_uri": "https://as.example/reg/id", "registration_access_token": "canary-too",
    });
    for (name, value) in changes.as_object().unwrap() {
        answer[name] = value.clone();
    }
    read(201, answer.to_string().as_bytes(), &metadata(json!({})), Some(CALLBACK), None)
}

#[test]
fn the_request_says_what_the_client_will_do() {
    assert_eq!(
        asked(json!({}), &definition(AuthMethod::Basic), CALLBACK).unwrap(),
        json!({
            "client_name": "music", "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [CALLBACK],
            "response_types": ["code"], "application_type": "native", "scope": "a b",
        })
    );
    let plain = json!({ "grant_types_supported": ["authorization_code"] });
    let own = asked(plain, &definition(AuthMethod::Basic), "https://helper.example/auth_callback").unwrap();
    assert_eq!((&own["grant_types"], &own["application_type"]), (&json!(["authorization_code"]), &json!("web")));
    let machine = Definition { grant: GrantType::ClientCredentials, ..definition(AuthMethod::Basic) };
    let own = asked(json!({}), &machine, CALLBACK).unwrap();
    assert_eq!((&own["grant_types"], &own["redirect_uris"]), (&json!(["client_credentials"]), &Value::Null));
}

#[test]
fn the_method_is_one_that_both_sides_speak() {
    for (offered, wanted, chosen) in [
        (json!(null), AuthMethod::None, Some("client_secret_basic")),
        (
            json!(["none", "client_secret_post", "client_secret_basic"]),
            AuthMethod::PrivateKeyJwt,
            Some("client_secret_basic"),
        ),
        (json!(["none", "client_secret_post"]), AuthMethod::Basic, Some("client_secret_post")),
        (json!(["none", "client_secret_post"]), AuthMethod::None, Some("none")),
        (json!(["private_key_jwt"]), AuthMethod::Basic, None),
    ] {
        let offers = json!({ "token_endpoint_auth_methods_supported": offered });
        let asked = asked(offers, &definition(wanted), CALLBACK).ok();
        assert_eq!(
            asked.map(|asked| asked["token_endpoint_auth_method"].clone()),
            chosen.map(Value::from),
            "{offered}"
        );
    }
    let not_offered = asked(json!({ "registration_endpoint": null }), &definition(AuthMethod::Basic), CALLBACK);
    assert!(matches!(not_offered, Err(BadRegistration::NotOffered { .. })));
}

#[test]
fn the_answer_counts_not_the_question() {
    let registered = answered(json!({})).unwrap();
    assert_eq!((registered.client_id.as_str(), registered.auth), ("id", AuthMethod::Post));
    assert!(registered.client_secret.is_some_and(|secret| secret.matches("canary")) && registered.warnings.is_empty());
    let public = answered(json!({ "token_endpoint_auth_method": "none" })).unwrap();
    assert!(public.client_secret.is_none() && public.auth == AuthMethod::None);
    let changed =
        answered(json!({ "redirect_uris": ["https://evil.example/\r\n"], "client_secret_expires_at": 1893456000 }));
    let warnings = changed.unwrap().warnings;
    assert!(warnings[0].ends_with(": https://evil.example/."), "{warnings:?}");
    assert!(warnings[1].contains("2030-01-01"), "{warnings:?}");
}

#[test]
fn an_unusable_answer_is_refused_with_its_reason() {
    for (changes, reason) in [
        (json!({ "client_id": "" }), BadRegistration::NoClientId),
        (json!({ "client_id": 7 }), BadRegistration::NoClientId),
        (json!({ "client_id": "a\r\nb" }), BadRegistration::NoClientId),
        (json!({ "client_secret": null }), BadRegistration::NoSecret),
        (json!({ "token_endpoint_auth_method": "x\n" }), BadRegistration::OtherMethod("x".to_owned())),
    ] {
        assert_eq!(answered(changes.clone()).unwrap_err(), reason, "{changes}");
    }
    for body in ["", "[]", "<html>"] {
        let read = read(200, body.as_bytes(), &metadata(json!({})), None, None);
        assert_eq!(read.unwrap_err(), BadRegistration::NotJson);
    }
}

#[test]
fn a_registration_is_managed_at_its_own_server_only() {
    for uri in ["http://127.0.0.1:6379/", "https://evil.example/reg/id", "https://as.example:8443/reg", "reg/id", ""] {
        assert!(answered(json!({ "registration_client_uri": uri })).unwrap().management.is_none(), "{uri}");
    }
    assert!(answered(json!({ "registration_access_token": null })).unwrap().management.is_none());
    let management = answered(json!({})).unwrap().management.unwrap();
    let request = management::end(&management);
    assert_eq!((request.method.as_str(), request.url.as_str()), ("DELETE", "https://as.example/reg/id"));
    assert!(!format!("{management:?}{request:?}").contains("canary"));
}

#[test]
fn a_refusal_tells_whether_a_token_is_needed_and_never_which() {
    let token = Secret::new("canary");
    let body = br#"{"error":"invalid_token","error_description":"canary is no token"}"#;
    let refused = |token| read(401, body, &metadata(json!({})), None, token).unwrap_err();
    assert_eq!(refused(None), BadRegistration::NeedsToken("https://as.example".to_owned()));
    let said = refused(Some(&token)).to_string();
    assert!(said.ends_with("invalid_token: [secret] is no token"), "{said}");
}
