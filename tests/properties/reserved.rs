//! Parameters that protect the flow may be renamed or dropped, never fixed (RFC 9700 §2.1).

use oauth_client_helper::oauth::authorization_request::{self, Fresh};
use oauth_client_helper::oauth::definition::Definition;
use oauth_client_helper::oauth::secret::Secret;
use oauth_client_helper::oauth::token_request::{self, Credentials};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::{NOW, one_of};

const REDIRECT_URI: &str = "https://me.example/auth_callback";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// What each of them has to hold in this request.
const FRESH: [(&str, &str); 4] = [
    ("state", "the-state"),
    ("redirect_uri", REDIRECT_URI),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];
const ASKED: [(&str, &str); 3] =
    [("code", "the-code"), ("code_verifier", "the-verifier"), ("redirect_uri", REDIRECT_URI)];

fn name() -> impl Strategy<Value = String> + Clone {
    one_of(&["state", "redirect_uri", "code_challenge", "code_challenge_method", "code", "code_verifier", "scope", "x"])
}

fn value() -> impl Strategy<Value = Value> {
    let placeholder = name().prop_map(|name| format!("{{{name}}}"));
    prop_oneof![
        2 => Just(Value::Null),
        2 => placeholder.clone().prop_map(Value::from),
        2 => one_of(&["fixed", "1&state=fixed", "a#b", "https://evil.example/"]).prop_map(Value::from),
        1 => ("[a-z&=#]{0,4}", placeholder).prop_map(|(text, placeholder)| Value::from(format!("{text}{placeholder}"))),
    ]
}

fn params() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((name(), value()), 0..5).prop_map(|all| all.into_iter().collect())
}

fn own_query() -> impl Strategy<Value = String> {
    let pair =
        (name(), prop_oneof![Just("fixed"), Just("{state}")]).prop_map(|(name, value)| format!("{name}={value}"));
    prop::collection::vec(pair, 0..3)
        .prop_map(|pairs| if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) })
}

/// Every pair of that name holds what belongs to this request.
fn nothing_is_fixed(text: &str, expected: &[(&str, &str)]) -> Result<(), TestCaseError> {
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        if let Some((_, fresh)) = expected.iter().find(|(known, _)| *known == name) {
            prop_assert!(value.contains(fresh), "{} is {} in {}", name, value, text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn an_authorization_request_carries_its_own_or_none(
        params in params(),
        query in own_query(),
        raw in prop::collection::vec(name(), 0..3),
        route in prop::option::of(own_query().prop_map(|query| format!("/oauth{query}"))),
        unsolicited in any::<bool>(),
    ) {
        let policy = if unsolicited { "unsolicited" } else { "required" };
        let definition = Definition::from_json(json!({"client_id": "id", "scopes": ["a"],
            "authorize": {"url": format!("https://as.example/a{query}"), "params": params, "raw_params": raw, "fragment_route": route},
            "callback": {"state_policy": policy}, "token": {"url": "https://as.example/t"}}));
        let Ok(definition) = definition else { return Ok(()) };
        let code_verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let fresh = Fresh { state: Secret::new("the-state"), nonce: "the-nonce".to_owned(), code_verifier };
        let url = authorization_request::url(&definition, definition.values(REDIRECT_URI, NOW, "r"), &fresh).unwrap();
        prop_assert_eq!(url.host_str(), Some("as.example"));
        nothing_is_fixed(url.query().unwrap_or_default(), &FRESH)?;
        nothing_is_fixed(url.fragment().and_then(|route| route.split_once('?')).map_or("", |(_, query)| query), &FRESH)?;
        if !unsolicited {
            prop_assert!(url.as_str().contains("the-state"), "{} has no state", url);
        }
    }

    #[test]
    fn a_token_request_carries_its_own_or_none(
        params in params(),
        query in own_query(),
        body in one_of(&["form", "json", "query"]),
    ) {
        let query = query.replace("{state}", "fixed");
        let definition = Definition::from_json(json!({"client_id": "id", "authorize": {"url": "https://as.example/a"},
            "token": {"url": format!("https://as.example/t{query}"), "params": params, "body": body, "auth": "none"}}));
        let Ok(definition) = definition else { return Ok(()) };
        let all = [("code", "the-code"), ("code_verifier", "the-verifier"), ("state", "the-state")];
        let values = definition.values(REDIRECT_URI, NOW, "r");
        let values = all.iter().fold(values, |values, (name, value)| values.with(*name, *value));
        let who = Credentials { client_id: "id".to_owned(), ..Credentials::default() };
        let request = token_request::exchange(&definition, values, &who).unwrap();
        nothing_is_fixed(request.url.query().unwrap_or_default(), &ASKED)?;
        let body = request.body.map(|body| body.text.expose().to_owned()).unwrap_or_default();
        match serde_json::from_str::<Map<String, Value>>(&body) {
            Err(_) => nothing_is_fixed(&body, &ASKED)?,
            Ok(members) => for (name, fresh) in ASKED {
                let value = members.get(name).map(|value| value.as_str().unwrap_or_default().to_owned());
                prop_assert!(value.is_none_or(|value| value.contains(fresh)), "{} in {}", name, body);
            }
        }
    }
}
