//! What a server says of a token, as it is shown.

use oauth_client_helper::oauth::inspection::{readable, struck_out};
use oauth_client_helper::oauth::outgoing::{Answer, AnswerBody};
use oauth_client_helper::oauth::secret::Secret;
use proptest::prelude::*;
use serde_json::{Value, json};

fn answer(body: &Value) -> Answer {
    let body = AnswerBody::new(body.to_string().into_bytes());
    Answer {
        status: 200,
        content_type: None,
        retry_after: None,
        www_authenticate: None,
        dpop_nonce: None,
        etag: None,
        body,
    }
}

/// Every text of a value, names included.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| [vec![name.as_str()], texts(value)].concat()).collect()
        }
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_secret_is_found_wherever_it_is(secret in "[!-~]{4,30}", other in crate::json(), name in "[a-z]{1,3}") {
        let claims = json!({"active": true, "said": [other, format!("<{secret}>")], &secret: {&name: &secret}});
        let secret = Secret::new(&secret);
        let Value::Object(members) = claims.clone() else { panic!("an object") };
        let clean = Value::Object(struck_out(members, &[&secret]));
        prop_assert!(texts(&clean).iter().all(|text| !text.contains(secret.expose())), "{}", clean);
        prop_assert_eq!(&clean["active"], &json!(true));
        let shown = readable(&answer(&claims), &[&secret]);
        prop_assert!(!shown.contains(json!(secret.expose()).to_string().trim_matches('"')), "{}", shown);
    }
}
