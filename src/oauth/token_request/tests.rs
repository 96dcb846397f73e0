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
fn basic_takes_a_user_of_its_own() {
    let auth = json!({"method": "basic", "encoding": "raw", "user": "{client_secret}"});
    let own = definition(json!({"url": "https://as.example/t", "auth": auth}), json!({}));
    assert_eq!(authorization(&exchange(&own, values(&own), &who()).unwrap()), "a:b%+é:");
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

#[test]
fn a_token_is_handed_back_and_asked_about_as_the_server_wants_it() {
    let definition = Definition::from_json(json!({"client_id": "id", "authorize": {"url": "https://as.example/a"},
        "token": {"url": "https://as.example/t", "params": {"grant_type": null}},
        "revoke": {"url": "https://as.example/r", "params": {"token": null, "key": "{token}", "all": "true"}},
        "introspect": {"url": "https://as.example/i", "params": {"token_type_hint": null}}}))
    .unwrap();
    let values = values(&definition).with("token", "T").with("token_type_hint", "refresh_token");
    let revoked = revocation(&definition, "https://as.example/r", values.clone(), &who()).unwrap();
    let who_asks = "&client_id=id&client_secret=a%3Ab%25%2B%C3%A9";
    assert_eq!(body(&revoked), format!("token_type_hint=refresh_token{who_asks}&key=T&all=true"));
    let asked = introspection(&definition, "https://as.example/i", values, &who()).unwrap();
    assert_eq!(body(&asked), format!("token=T{who_asks}"));
}
