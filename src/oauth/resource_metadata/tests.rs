use super::*;

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn api(text: &str) -> ApiUrl {
    ApiUrl::parse(text).unwrap()
}

fn parse(document: Value, found: SpeaksFor) -> Result<ResourceMetadata, BadResourceMetadata> {
    ResourceMetadata::parse(document.to_string().as_bytes(), &found)
}

#[test]
fn the_well_known_name_is_inserted_before_the_path() {
    for (pasted, places) in [
        ("https://api.example", vec!["https://api.example/.well-known/oauth-protected-resource"]),
        (
            "api.example/v1/me/",
            vec![
                "https://api.example/.well-known/oauth-protected-resource/v1/me",
                "https://api.example/.well-known/oauth-protected-resource",
            ],
        ),
        (
            "https://api.example/v1?k=v#part",
            vec![
                "https://api.example/.well-known/oauth-protected-resource/v1?k=v",
                "https://api.example/.well-known/oauth-protected-resource",
            ],
        ),
    ] {
        let found: Vec<String> = api(pasted).well_known().into_iter().map(|(url, _)| url.to_string()).collect();
        assert_eq!(found, places, "{pasted}");
    }
    for pasted in ["", "javascript:alert(1)", "file:///etc/passwd", "https://user:pw@api.example/"] {
        assert_eq!(ApiUrl::parse(pasted), None, "{pasted}");
    }
}

#[test]
fn a_challenge_of_any_scheme_names_the_metadata() {
    let named = |header: &str| api("https://api.example/v1").named_by(header).map(|(url, _)| url.to_string());
    for (header, expected) in [
        ("Bearer resource_metadata=\"https://api.example/m\"", Some("https://api.example/m")),
        ("Basic realm=\"a\", DPoP Resource_Metadata=\"https://api.example/m\"", Some("https://api.example/m")),
        ("Bearer", None),
        ("Bearer resource_metadata=\"/relative\"", None),
        ("Bearer resource_metadata=\"http://api.example/m\"", None),
        ("Bearer resource_metadata=\"file:///etc/passwd\"", None),
        ("Bearer resource_metadata=\"https://a.example\", resource_metadata=\"https://b.example\"", None),
    ] {
        assert_eq!(named(header).as_deref(), expected, "{header}");
    }
}

#[test]
fn nobody_speaks_for_a_neighbour() {
    let asked = || SpeaksFor::Around(url("https://api.example/v1/me?k=v"));
    let exactly = || SpeaksFor::Exactly(url("https://api.example/v1/me"));
    for (said, around, exact) in [
        ("https://api.example/v1/me?k=v", true, false),
        ("https://api.example/v1/me", true, true),
        ("https://api.example/v1/me/", true, true),
        ("https://API.example/v1", true, false),
        ("https://api.example", true, false),
        ("https://api.example/v1/me/more", false, false),
        ("https://api.example/v", false, false),
        ("https://api.example/v1/m", false, false),
        ("https://api.example:8443/v1", false, false),
        ("http://api.example/v1/me", false, false),
        ("https://evil.example/v1/me", false, false),
        ("https://api.example@evil.example/v1/me", false, false),
        ("https://api.example/v1/me#x", false, false),
        ("not a URL\r\n", false, false),
    ] {
        let document = || json!({ "resource": said, "authorization_servers": ["https://as.example"] });
        assert_eq!(parse(document(), asked()).is_ok(), around, "{said}");
        assert_eq!(parse(document(), exactly()).is_ok(), exact, "{said}");
    }
}

#[test]
fn what_is_no_metadata_is_refused_with_its_reason() {
    let found = || SpeaksFor::Exactly(url("https://api.example/"));
    for (document, reason) in [
        (json!([]), BadResourceMetadata::NotJson),
        (json!({}), BadResourceMetadata::NoResource),
        (json!({ "resource": ["https://api.example/"] }), BadResourceMetadata::NoResource),
        (json!({ "resource": "https://api.example/" }), BadResourceMetadata::NoServer),
        (json!({ "resource": "https://api.example", "authorization_servers": [7] }), BadResourceMetadata::NoServer),
        (
            json!({ "resource": "https://api.example", "authorization_servers": ["http://as.example"] }),
            BadResourceMetadata::NoServer,
        ),
    ] {
        assert_eq!(parse(document.clone(), found()), Err(reason), "{document}");
    }
}

#[test]
fn only_scopes_are_taken_for_scopes() {
    let many: Vec<String> = (0..500).map(|n| format!("s{n}")).collect();
    let found = || SpeaksFor::Exactly(url("https://api.example/"));
    let scopes = |offered: Value| {
        let servers = ["https://as.example"];
        parse(
            json!({ "resource": "https://api.example/", "authorization_servers": servers, "scopes_supported": offered }),
            found(),
        )
        .unwrap()
        .scopes
    };
    assert_eq!(scopes(json!(["read", "a b", "", "\"x", "read", 7, "é", "x\r\ny", "write"])), ["read", "write"]);
    assert_eq!(scopes(json!("read write")), [""; 0]);
    assert_eq!(scopes(json!(many)).len(), MOST_SCOPES);
}

#[test]
fn the_definition_learns_of_the_api() {
    let metadata = |methods: Value| {
        let document = json!({
            "resource": "https://api.example/v1", "authorization_servers": ["https://as.example"],
            "scopes_supported": ["openid", "read"], "bearer_methods_supported": methods,
        });
        parse(document, SpeaksFor::Exactly(url("https://api.example/v1"))).unwrap()
    };
    let facts = |methods: Value| {
        let mut facts = json!({ "scopes": ["openid", "offline_access"] });
        metadata(methods).add_to(&mut facts);
        facts
    };
    for methods in [json!(null), json!(["query", "header"]), json!(["body"]), json!([])] {
        let expected =
            json!({ "scopes": ["openid", "offline_access", "read"], "api": { "base_url": "https://api.example/v1" } });
        assert_eq!(facts(methods.clone()), expected, "{methods}");
    }
    let api = &facts(json!(["query"]))["api"];
    assert_eq!(
        (&api["token_in"], &api["name"], &api["template"]),
        (&json!("query"), &json!("access_token"), &json!("{access_token}"))
    );
}
