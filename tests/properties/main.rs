//! What holds whatever a definition says and whatever a server answers: told as properties, tried with random cases.
//!
//! The seed of a case that failed is written to `tests/proptest-regressions/`, and tried first from then on.

// These are tests; clippy.toml lets only functions marked so be blunt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod callback;
mod expiry;
mod inspection;
mod overlay;
mod reserved;
mod template;
mod token_response;

use oauth_client_helper::oauth::timestamp::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value};

/// 2027-01-15.
const NOW: Timestamp = Timestamp(1_800_000_000);

/// Any JSON at all, a few levels deep, with names that the protocol knows among its keys.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..5)
                .prop_map(|all| Value::Object(all.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let known =
        one_of(&["access_token", "refresh_token", "expires_in", "scope", "error", "error_description", "data", "a.b"]);
    prop_oneof![4 => known, 1 => ".{0,6}"]
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(texts).prop_map(str::to_owned)
}
