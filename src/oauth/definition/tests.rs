use super::*;
use serde_json::json;

/// The example of the interface, with every key.
pub fn rich() -> Value {
    json!({
        "service": "Music", "preset": null, "grant": "authorization_code", "client_id": "id",
        "client_secret": {"sealed": "c2VhbGVk"}, "issuer": null, "vars": {"tenant": "acme"}, "redirect_uri": "auto",
        "scopes": ["read", "write"], "scope_separator": " ", "pkce": "s256",
        "authorize": {"url": "https://{tenant}.example/authorize",
            "params": {"prompt": "consent", "client_id": null, "client_key": "{client_id}"}},
        "callback": {"code_param": "code", "state_param": "state", "state_policy": "required",
            "capture": [{"name": "realmId", "pattern": "[0-9]{1,20}"}]},
        "token": {"url": "https://{tenant}.example/token", "method": "POST", "auth": "basic", "body": "form", "params": {},
            "headers": {}},
        "refresh": {"url": null, "method": null, "input": "refresh_token", "params": {},
            "rotation": "replace_if_present", "margin_s": 300},
        "response": {"root": "data", "fields": {"access_token": ["authed_user.access_token", "access_token"]},
            "expires": "auto", "default_ttl_s": null, "ok": {"path": "ok", "equals": true},
            "capture": {"instance_url": "instance_url"}},
        "api": {"token_in": "header", "name": "Authorization", "template": "Bearer {access_token}",
            "base_url": "https://api.example", "headers": {}, "probe": "/me"},
        "revoke": {"url": "https://a.example/r"}, "introspect": {"url": "https://a.example/i"},
        "userinfo": {"url": "https://a.example/u"}, "device": {"url": "https://a.example/d"},
        "publish": "none", "notes": ""
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut json = rich();
    let (parent, key) = path.rsplit_once('/').unwrap();
    json.pointer_mut(parent).unwrap()[key] = value;
    json
}

fn complaint(json: Value) -> String {
    Definition::from_json(json).unwrap_err().to_string()
}

#[test]
fn the_documented_example_is_valid_and_survives_a_round_trip() {
    let definition = Definition::from_json(rich()).unwrap();
    let again = Definition::from_json(definition.to_json().unwrap()).unwrap();
    assert_eq!(definition, again);
    assert_eq!(definition.scope(), "read write");
    assert_eq!(definition.authorize.params.get("client_id"), Some(&None));
}

#[test]
fn defaults_are_not_written() {
    let small = json!({"client_id": "id", "authorize": {"url": "https://a.example/a"}, "token": {"url": "https://a.example/t"}});
    assert_eq!(Definition::from_json(small.clone()).unwrap().to_json().unwrap(), small);
}

#[test]
fn what_protects_the_flow_is_not_fixed_in_a_url_either() {
    for (path, value) in [
        ("/authorize/url", "https://a.example/authorize?state=x"),
        ("/authorize/fragment_route", "/login?redirect_uri=https://evil.example/"),
        ("/token/url", "https://a.example/token?%63ode=x"),
    ] {
        let field = path[1..].replace('/', ".");
        let said = complaint(with(path, json!(value)));
        assert!(said.starts_with(&field) && said.contains("take it out of the URL"), "{said}");
    }
    Definition::from_json(with("/authorize/url", json!("https://a.example/a?state={state}&x=1"))).unwrap();
}

#[test]
fn a_redirect_uri_has_no_fragment() {
    assert!(complaint(with("/redirect_uri", json!("https://a.example/#x"))).starts_with("redirect_uri: "));
    // Not even a URL, at some servers.
    Definition::from_json(with("/redirect_uri", json!("Acme-Shop-RuName"))).unwrap();
}

#[test]
fn a_wrong_key_or_value_is_named_by_its_path() {
    for (path, value, expected) in [
        ("/tokn", json!({}), "tokn: unknown field `tokn`"),
        ("/token/urll", json!("x"), "token.urll: unknown field `urll`"),
        ("/token/method", json!("PUT"), "token.method: unknown variant `PUT`"),
        ("/refresh/margin_s", json!("soon"), "refresh.margin_s: this must be a whole number"),
        ("/scopes", json!("read"), "scopes: this must be a list"),
        ("/token/url", json!("https://{region}.example/"), "token.url: `{region}` is not known here"),
        ("/token/url", json!("javascript:alert(1)"), "token.url: this is not an absolute http"),
        ("/vars/tenant", json!("evil.example/"), "vars.tenant: this value holds a character"),
        ("/authorize/params", json!({"state": "x"}), "authorize.params.state: `state` is set for each request"),
        ("/authorize/params", json!({"state": null}), "authorize.params.state: the state protects"),
        ("/authorize/params", json!({"response_type": "token"}), "only the authorization code flow"),
        ("/authorize/params", json!({"code_challenge": null}), "set pkce to off"),
        ("/callback/capture", json!([{"name": "a", "pattern": "("}]), "callback.capture.0.pattern: this pattern"),
        ("/token/headers", json!({"Host": "x"}), "token.headers.Host"),
        ("/api/template", json!("Bearer"), "api.template: the template must hold {access_token}"),
        ("/scopes", json!(["a b"]), "scopes: `a b` is not one scope"),
        ("/grant", json!("implicit"), "grant: choose"),
        ("/client_id", json!(""), "client_id: the client ID is missing"),
        ("/service", json!("\u{1b}[2J"), "service: a service is one line"),
    ] {
        let said = complaint(with(path, value));
        assert!(said.contains(expected), "{path}: {said}");
    }
}

#[test]
fn what_goes_beyond_one_request_is_checked_by_path_too() {
    let jwt_bearer = |change: Value| {
        let mut json = rich();
        json["grant"] = json!("urn:ietf:params:oauth:grant-type:jwt-bearer");
        change.as_object().unwrap().iter().for_each(|(key, value)| json[key] = value.clone());
        json
    };
    for (json, expected) in [
        (with("/upgrade", json!({"method": "GET"})), "upgrade.url: the URL of the second request is missing"),
        (
            with("/upgrade", json!({"url": "https://a.example/", "params": {"a": "{code}"}})),
            "upgrade.params.a: `{code}`",
        ),
        (
            with("/upgrade", json!({"url": "https://a.example/", "response": {"capture": {"a b": "c"}}})),
            "upgrade.response.capture.a b",
        ),
        (
            with("/upgrade", json!({"url": "https://a.example/", "auth": {"method": "private_key_jwt", "kid": "k"}})),
            "upgrade.auth: a client has one key",
        ),
        (with("/signer", json!({"name": "sign"})), "signer.message: write what is signed"),
        (with("/signer", json!({"message": "{path}"})), "signer.name: write the name"),
        (
            with("/signer", json!({"message": "{body}", "name": "sign"})),
            "signer.message: the body holds the signature itself",
        ),
        (with("/signer", json!({"message": "{pth}", "name": "sign"})), "signer.message: `{pth}` is not known here"),
        (with("/signer", json!({"message": "a", "name": "sign", "key": "canary"})), "signer.key: the key is a secret"),
        (with("/signer", json!({"message": "a", "name": "sign", "alg": "md5"})), "signer.alg: unknown variant `md5`"),
        (with("/assertion", json!({"claims": {"sub": "me"}})), "assertion: it counts only with the grant"),
        (jwt_bearer(json!({"assertion": {"claims": {"sub": "{code}"}}})), "assertion.claims.sub: `{code}`"),
        (jwt_bearer(json!({"assertion": {"lifetime_s": 0}})), "assertion.lifetime_s: an assertion lives"),
        (with("/response/expires", json!("introspect")), ""),
        (
            with("/response/extra_tokens", json!({"instance_url": "a"})),
            "response.extra_tokens.instance_url: a value of this name",
        ),
        (
            with("/token/auth", json!({"method": "post", "user": "{client_secret}"})),
            "token.auth.method: a user and a password",
        ),
        (
            with("/token/auth", json!({"method": "basic", "password": "{client_secret}"})),
            "token.auth.user: write the user too",
        ),
        (with("/authorize/fragment_route", json!("/a")), ""),
    ] {
        match (expected, Definition::from_json(json)) {
            ("", result) => drop(result.unwrap()),
            (expected, result) => {
                let said = result.unwrap_err().to_string();
                assert!(said.contains(expected) && !said.contains("canary"), "{expected}: {said}");
            }
        }
    }
    let mut nowhere = with("/response/expires", json!("introspect"));
    nowhere["introspect"] = json!({});
    assert!(complaint(nowhere).contains("introspect.url: response.expires says"));
    assert!(Definition::from_json(jwt_bearer(json!({"assertion": {"claims": {"jti": null}}}))).is_ok());
}

#[test]
fn a_password_is_not_kept() {
    for (path, value) in [
        ("/token/params", json!({"username": "me", "password": "canary"})),
        ("/token/params", json!({"password": "{tenant}"})),
        ("/refresh/params", json!({"password": "canary"})),
        ("/device/params", json!({"password": "canary"})),
        ("/token/auth", json!({"method": "basic", "user": "me", "password": "canary"})),
    ] {
        let said = complaint(with(path, value));
        assert!(said.contains("password: a password is never stored here") && !said.contains("canary"), "{said}");
    }
    for value in [json!({"password": "{password}"}), json!({"password": "{client_secret}"}), json!({"password": null})]
    {
        Definition::from_json(with("/token/params", value)).unwrap();
    }
}

#[test]
fn renaming_a_reserved_parameter_is_allowed() {
    let renamed = with("/authorize/params", json!({"state": null, "customField": "{state}"}));
    assert!(Definition::from_json(renamed).is_ok());
}

#[test]
fn a_state_that_the_address_holds_is_sent_unless_a_parameter_takes_its_name() {
    for (query, sent) in [
        ("state={state}", true),
        ("customField={state}", true),
        ("scope={state}", false),
        ("%73cope={state}", false),
        ("x=%7Bstate%7D", false),
    ] {
        let url = format!("https://accounts.example.com/authorize?{query}");
        let json = with("/authorize", json!({"url": url, "params": {"state": null}}));
        assert_eq!(Definition::from_json(json).is_ok(), sent, "{query}");
    }
}

#[test]
fn all_problems_are_found_at_once() {
    let Invalid(errors) = Definition::from_json(json!({})).unwrap_err();
    let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["client_id", "authorize.url", "token.url"]);
}

#[test]
fn a_secret_of_the_wrong_shape_is_not_repeated() {
    let said = complaint(with("/client_secret", json!({"sealt": "canary"})));
    assert!(said.starts_with("client_secret") && !said.contains("canary"), "{said}");
    let said = complaint(with("/client_secret", json!(["canary"])));
    assert!(said.starts_with("client_secret") && !said.contains("canary"), "{said}");
    let said = complaint(with("/scopes", json!("canary")));
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn a_plain_secret_is_never_written() {
    let definition = Definition::from_json(with("/client_secret", json!("canary"))).unwrap();
    assert!(definition.to_json().is_err());
    assert!(!format!("{definition:?}").contains("canary"));
    assert!(definition.without_secrets().to_json().is_ok());
}

#[test]
fn a_value_is_found_by_dots_pointer_or_literal_key() {
    let json = json!({"a": {"b": [{"c": 1}]}, "x.y": 2, "n": null});
    assert_eq!(overlay::look_up(&json, "a.b.0.c"), Some(&json!(1)));
    assert_eq!(overlay::look_up(&json, "/a/b/0/c"), Some(&json!(1)));
    assert_eq!(overlay::look_up(&json, "x.y"), Some(&json!(2)));
    assert_eq!(overlay::look_up(&json, "n"), None);
}

#[test]
fn an_overlay_adds_replaces_and_drops() {
    let overlay: Overlay = serde_json::from_value(json!({"b": "2", "c": null, "d": "4"})).unwrap();
    let base = [("a", "1"), ("b", "x"), ("c", "3")].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
    let expected = [("a", "1"), ("b", "2"), ("d", "4")].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
    assert_eq!(overlay.over(base), expected);
}
