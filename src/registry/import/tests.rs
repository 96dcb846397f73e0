mod foreign;

use super::*;
use crate::oauth::definition::{Publish, RedirectUri, RefreshInput, SecretSource};

const REDIRECT: &str = "http://127.0.0.1:8080/auth_callback";

fn definition() -> Value {
    json!({"client_id": "id", "authorize": {"url": "https://as.example/a"}, "token": {"url": "https://as.example/t"}})
}

fn read(json: Value, redirect: &str) -> Result<Vec<Imported>, NotImportable> {
    let file = TextFile { name: "clients.json".to_owned(), text: json.to_string() };
    super::read(&[file], &Environment::Unsaid, redirect).map(|import| import.clients)
}

fn names(json: Value) -> Vec<String> {
    read(json, REDIRECT).unwrap().into_iter().map(|client| client.name.to_string()).collect()
}

/// A realistic file: the helper's form offered its default rows, people changed some and left some empty.
fn pythons() -> Value {
    json!({
        "1": {"client_id": "ABC@AMER", "service_name": "TD API",
            "auth_endpoint": {"url": "https://auth.tdapi.example/auth", "qs_params": {
                "response_type": "code", "client_id": "{client_id}", "redirect_uri": "{redirect_url}",
                "state": "{state}", "scope": "read trade", "access_type": "offline", "": ""}},
            "token_endpoint": {"url": "https://api.tdapi.example/v1/oauth2/token", "use_refresh": true,
                "access_params": {"grant_type": "authorization_code", "code": "{access_code}", "access_type": "offline",
                    "client_id": "{client_id}", "client_secret": "canary", "redirect_uri": "{redirect_url}"},
                "refresh_params": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}",
                    "client_id": "{client_id}", "client_secret": "canary", "scope": "read trade"}},
            "redirect_url": REDIRECT, "last_mod_time": 1600000000, "auth_code_set": false},
        "2": {"client_id": "key", "service_name": "TD API",
            "auth_endpoint": {"url": "https://shorts.example/authorize", "qs_params": {
                "client_key": "{client_id}", "redirect_uri": "{redirect_url}", "scope": "a,b", "nonce": "1", "state": "fixed"}},
            "token_endpoint": {"url": "https://shorts.example/token", "use_refresh": false,
                "access_params": {"app_secret": "canary", "auth_code": "{access_code}", "ttl": 60}, "refresh_params": {}},
            "redirect_url": "https://localhost:8080/auth_callback", "colour": "red"},
    })
}

#[test]
fn our_own_shapes_are_read() {
    assert_eq!(names(json!({"version": 1, "clients": {"b": definition(), "a": definition()}})), ["b", "a"]);
    assert_eq!(names(json!({"b": definition()})), ["b"]);
    assert_eq!(names(json!({})), Vec::<String>::new());
    assert_eq!(names(definition()), ["client-1"]);
    let mut one = definition();
    one["service"] = json!("My Music");
    assert_eq!(names(one.clone()), ["my-music"]);
    one["name"] = json!("other");
    assert_eq!(names(one), ["other"]);
}

#[test]
fn what_cannot_be_read_names_the_field() {
    for (json, expected) in [
        (json!([]), "not a JSON object"),
        (json!({"a": {"client_id": "id", "urll": 1}}), "clients.a.urll: unknown field"),
        (json!({"A": definition()}), "clients.\"A\": a client name"),
        (json!({"version": 9, "clients": {}}), "newer version"),
    ] {
        let said = read(json, REDIRECT).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_client_of_the_python_helper_keeps_what_differs_from_the_rfc() {
    let clients = read(pythons(), REDIRECT).unwrap();
    let Imported { name, definition, notes, .. } = &clients[0];
    assert_eq!(name.as_str(), "td-api");
    assert!(matches!(&definition.client_secret, Some(SecretSource::Plain(secret)) if secret.matches("canary")));
    assert!(definition.notes.starts_with("Converted from the Python helper's file, where this was client 1."));
    assert_eq!(notes.len(), 1, "{notes:?}");
    let mut json = definition.without_secrets().to_json().unwrap();
    json.as_object_mut().unwrap().remove("notes");
    let expected = json!({"service": "TD API", "client_id": "ABC@AMER", "scopes": ["read", "trade"],
        "authorize": {"url": "https://auth.tdapi.example/auth", "params": {"access_type": "offline"}},
        "token": {"url": "https://api.tdapi.example/v1/oauth2/token", "params": {"access_type": "offline"}},
        "refresh": {"params": {"scope": "{scope}"}}});
    assert_eq!(json, expected);
}

#[test]
fn renamed_dropped_and_fixed_parameters_are_carried_over_as_far_as_they_can() {
    let clients = read(pythons(), REDIRECT).unwrap();
    let Imported { name, definition, notes, .. } = &clients[1];
    assert_eq!(name.as_str(), "td-api-2");
    assert_eq!(definition.redirect_uri, RedirectUri::Literal("https://localhost:8080/auth_callback".to_owned()));
    assert_eq!((definition.scope().as_str(), definition.scopes.len()), ("a,b", 2));
    assert_eq!(definition.refresh.input, RefreshInput::None);
    let params = |overlay| serde_json::to_string(overlay).unwrap();
    assert_eq!(
        params(&definition.authorize.params),
        r#"{"client_key":"{client_id}","response_type":null,"client_id":null}"#
    );
    assert_eq!(
        params(&definition.token.params),
        r#"{"app_secret":"{client_secret}","auth_code":"{code}","ttl":"60","grant_type":null,"code":null,"redirect_uri":null,"client_secret":null}"#
    );
    let said = notes.join("\n");
    for expected in ["`nonce`", "`state`", "use_refresh", "`colour`", "PKCE"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("canary"));
}

#[test]
fn the_older_form_without_a_token_endpoint_leaves_the_code_to_others() {
    let old = json!({"1": {"client_id": 12345, "auth_url": "https://as.example/a", "service_name": null,
        "qs_params": {"response_type": "token", "claims": "{{\"id_token\": {{\"x\": null}}}}"}}});
    let Imported { name, definition, .. } = read(old, REDIRECT).unwrap().remove(0);
    assert_eq!((name.as_str(), definition.client_id.as_str()), ("client-1", "12345"));
    assert_eq!((definition.publish, definition.redirect_uri), (Publish::Code, RedirectUri::Auto));
    let claims = definition.authorize.params.get("claims").cloned().flatten();
    assert_eq!(claims.as_deref(), Some(r#"{"id_token": {"x": null}}"#));
}

#[test]
fn no_secret_is_left_in_a_parameter() {
    for client in read(pythons(), REDIRECT).unwrap() {
        let shown = format!("{client:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
