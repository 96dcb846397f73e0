//! What a token endpoint answers.

use oauth_client_helper::oauth::definition::Response;
use oauth_client_helper::oauth::secret::Secret;
use oauth_client_helper::oauth::token_response::{self, NoToken, TokenAnswer, Tokens};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::NOW;

/// Where a definition may say that things are.
fn response() -> impl Strategy<Value = Response> {
    let root = prop::sample::select(&["", "data", "/data", "a.b", "0"][..]);
    let path = prop::sample::select(&["access_token", "data.access_token", "/error", "scope.0", "a.b"][..]);
    let format = prop::sample::select(&["auto", "json", "form"][..]);
    let ok = prop::option::of(Just(json!({"path": "data", "equals": true})));
    (root, path, format, ok, any::<bool>()).prop_map(|(root, path, format, ok, fields)| {
        let fields = if fields { json!({"access_token": [path, "access_token"]}) } else { json!({}) };
        let mut response = json!({"root": root, "format": format, "fields": fields, "capture": {"x": path}});
        ok.into_iter().for_each(|rule| response["ok"] = rule);
        serde_json::from_value(response).unwrap()
    })
}

fn read(response: &Response, status: u16, body: &[u8], sent: &[&Secret]) -> Result<Tokens, NoToken> {
    let answer = TokenAnswer { status, content_type: None, body, received_at: NOW };
    token_response::read(response, &answer, sent)
}

/// Any JSON; mostly with something under the name of a token.
fn answer() -> impl Strategy<Value = Value> {
    (crate::json(), prop::option::weighted(0.7, crate::json())).prop_map(|(mut answer, token)| {
        if let (Value::Object(members), Some(token)) = (&mut answer, token) {
            members.insert("access_token".to_owned(), token);
        }
        answer
    })
}

/// A token can go into a header, and there is something to see of it.
fn is_usable(tokens: &Tokens) -> bool {
    let token = tokens.access_token.expose();
    !token.trim().is_empty() && !token.chars().any(char::is_control)
}

/// The places that hold a text or a number, as texts.
fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(members) => members.values().flat_map(leaves).collect(),
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn whatever_comes_a_success_has_a_token_and_a_good_status(
        response in response(),
        status in 100..600_u16,
        body in prop_oneof![".{0,60}", "[a-z_=&%+]{0,40}", "access_token=.{0,9}"],
    ) {
        if let Ok(tokens) = read(&response, status, body.as_bytes(), &[]) {
            prop_assert!(is_usable(&tokens) && (200..300).contains(&status), "{} {:?}", status, body);
        }
    }

    #[test]
    fn of_any_json_the_token_is_a_text_that_stands_there(response in response(), answer in answer()) {
        let body = answer.to_string();
        // A number may be another one once it was read.
        let answer: Value = serde_json::from_str(&body).unwrap();
        if let Ok(tokens) = read(&response, 200, body.as_bytes(), &[]) {
            prop_assert!(is_usable(&tokens), "{}", answer);
            prop_assert!(leaves(&answer).contains(&tokens.access_token.expose().to_owned()), "{}", answer);
        }
    }

    #[test]
    fn no_bytes_are_too_odd(response in response(), body in prop::collection::vec(any::<u8>(), 0..80)) {
        let tokens = read(&response, 200, &body, &[]);
        prop_assert!(tokens.is_err() || std::str::from_utf8(&body).is_ok());
    }

    #[test]
    fn a_token_is_found_wherever_the_definition_says_it_is(
        token in "[!-~]{1,40}",
        names in prop::collection::vec("[a-z]{1,6}", 1..4),
        root in any::<bool>(),
        pointer in any::<bool>(),
    ) {
        let answer = names.iter().rev().fold(json!(token), |inside, name| Value::Object(Map::from_iter([(name.clone(), inside)])));
        let (above, name) = names.split_at(names.len() - 1);
        let joined = |names: &[String]| match pointer {
            _ if names.is_empty() => String::new(),
            true => format!("/{}", names.join("/")),
            false => names.join("."),
        };
        let (root, path) = if root { (joined(above), joined(name)) } else { (String::new(), joined(&names)) };
        // What these names mean by themselves is another story.
        prop_assume!(!names.iter().any(|name| name.starts_with("err") || name.starts_with("messag")));
        let response: Response = serde_json::from_value(json!({"root": root, "fields": {"access_token": path}})).unwrap();
        let tokens = read(&response, 200, answer.to_string().as_bytes(), &[]).unwrap();
        prop_assert_eq!(tokens.access_token.expose(), token);
    }

    #[test]
    fn no_part_of_a_secret_is_repeated(secret in "[!-~]{12,900}", before in "[a-z ]{0,300}", status in prop::sample::select(&[200, 400, 401, 500][..])) {
        let answer = json!({"error": "invalid_grant", "error_description": format!("{before}{secret} is used")});
        let sent = Secret::new(&secret);
        let Err(NoToken::Refused(said)) = read(&Response::default(), status, answer.to_string().as_bytes(), &[&sent]) else {
            panic!("an error is an error under any status");
        };
        prop_assert!(!said.to_string().contains(&secret[..12]), "{}", said);
        prop_assert!(said.to_string().chars().count() < 600, "it is bounded");
    }
}
