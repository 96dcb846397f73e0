//! What comes back by the browser.

use oauth_client_helper::oauth::authorization_response::{AuthorizationResponse, Verdict};
use oauth_client_helper::oauth::definition::Definition;
use oauth_client_helper::oauth::template::render_url;
use proptest::prelude::*;
use serde_json::json;

use crate::{NOW, one_of};

fn definition(pattern: &str) -> Definition {
    Definition::from_json(json!({"client_id": "id", "issuer": "https://as.example",
        "authorize": {"url": "https://as.example/a"},
        "token": {"url": "https://api.example/company/{callback.realm}/token"},
        "callback": {"capture": [{"name": "realm", "pattern": pattern}]}}))
    .unwrap()
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![4 => one_of(&["code", "state", "iss", "error", "realm"]), 1 => ".{0,4}"];
    let value = prop_oneof![3 => ".{0,8}", 1 => Just("https://as.example".to_owned()), 1 => Just("42".to_owned())];
    prop::collection::vec((name, value), 0..6)
}

proptest! {
    #[test]
    fn a_code_is_accepted_only_without_an_error_and_from_the_right_issuer(pairs in pairs()) {
        let verdict = AuthorizationResponse::from_pairs(pairs.clone()).and_then(|response| response.judge(&definition("[0-9]+")));
        let values = |name: &str| pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect::<Vec<_>>();
        if let Ok(Verdict::Code { code, .. }) = verdict {
            prop_assert_eq!(values("code"), [code.expose()]);
            prop_assert!(values("error").concat().is_empty());
            prop_assert!(matches!(values("iss").concat().as_str(), "" | "https://as.example"));
        }
    }

    #[test]
    fn a_captured_value_reaches_a_url_only_through_its_pattern(realm in ".{0,6}|[0-9]{1,25}|[0-9]{1,3}\n|[a-z0-9/?#.]{1,8}") {
        let definition = definition("[0-9]{1,20}");
        let pairs = [("code", "c"), ("realm", &realm)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let verdict = AuthorizationResponse::from_pairs(pairs).unwrap().judge(&definition);
        let fits = !realm.is_empty() && realm.len() <= 20 && realm.bytes().all(|byte| byte.is_ascii_digit());
        match verdict {
            Ok(Verdict::Code { captured, .. }) if fits => {
                let values = definition.values("", NOW, "").with("callback.realm", &captured["callback.realm"]);
                let url = render_url(&definition.token.url, &values).unwrap();
                prop_assert_eq!(url.as_str(), format!("https://api.example/company/{realm}/token"));
            }
            Ok(Verdict::Code { captured, .. }) => prop_assert!(realm.is_empty() && captured.is_empty(), "{:?} was taken", realm),
            Ok(Verdict::Refused(_)) => prop_assert!(false, "there was no error"),
            Err(_) => prop_assert!(!fits && !realm.is_empty()),
        }
    }
}
