//! When a token ends.

use oauth_client_helper::oauth::definition::Response;
use oauth_client_helper::oauth::timestamp::Timestamp;
use oauth_client_helper::oauth::token_response::{self, TokenAnswer};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{NOW, one_of};

const CENTURY_S: i64 = 100 * 366 * 86_400;

fn end(unit: &str, value: &Value) -> Option<Timestamp> {
    let response: Response = serde_json::from_value(json!({"expires": unit})).unwrap();
    let body = json!({"access_token": "T", "expires_in": value}).to_string();
    let answer = TokenAnswer { status: 200, content_type: None, body: body.as_bytes(), received_at: NOW };
    token_response::read(&response, &answer, &[]).unwrap().expires_at
}

proptest! {
    #[test]
    fn seconds_from_now_are_that_however_they_are_written(seconds in 1..999_999_999_i64) {
        for value in [json!(seconds), json!(seconds.to_string()), json!(seconds as f64), json!(format!(" {seconds}.0 "))] {
            prop_assert_eq!(end("auto", &value), Some(NOW + seconds), "{}", value);
            prop_assert_eq!(end("s", &value), Some(NOW + seconds), "{}", value);
            prop_assert_eq!(end("ms", &value), Some(NOW + seconds / 1000), "{}", value);
        }
    }

    #[test]
    fn a_point_in_time_is_that_point_in_every_spelling(left in 0..CENTURY_S / 2) {
        let moment = NOW + left;
        for (unit, value) in [
            ("epoch", json!(moment.0)),
            ("epoch", json!(moment.0.to_string())),
            ("epoch_ms", json!(moment.0 * 1000)),
            ("iso", json!(moment.rfc3339())),
        ] {
            prop_assert_eq!(end("auto", &value), Some(moment), "{}", value);
            prop_assert_eq!(end(unit, &value), Some(moment), "{}", value);
        }
    }

    #[test]
    fn what_lies_ahead_is_never_read_as_over(number in prop_oneof![1.0..1e9_f64, NOW.0 as f64..1e10, NOW.0 as f64 * 1e3..1e14]) {
        for value in [json!(number), json!(number.to_string())] {
            prop_assert!(end("auto", &value).is_some_and(|end| end >= NOW), "{}", value);
        }
    }

    #[test]
    fn no_number_is_too_odd(number in any::<f64>(), unit in one_of(&["auto", "s", "ms", "epoch", "epoch_ms"])) {
        for value in [json!(number), json!(number.to_string()), json!(number as i64)] {
            let end = end(&unit, &value);
            prop_assert!(end.is_none_or(|end| NOW.seconds_until(end).abs() <= CENTURY_S), "{} {}: {:?}", unit, value, end);
        }
    }

    #[test]
    fn nothing_else_is_a_time(value in crate::json(), unit in one_of(&["auto", "s", "ms", "epoch", "epoch_ms", "iso"])) {
        let is_text_or_number = value.is_string() || value.is_number();
        prop_assert!(end(&unit, &value).is_none() || is_text_or_number);
    }
}
