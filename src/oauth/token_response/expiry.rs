//! When a token ends, out of what servers write into `expires_in` and its relatives.

use crate::oauth::definition::ExpiresUnit;
use crate::oauth::timestamp::Timestamp;
use serde_json::Value;

/// Longer lifetimes than this (100 years) are cut.
const LONGEST_S: f64 = 100.0 * 365.25 * 86_400.0;

/// A relative number from here on (31 years) is a point in time instead.
const EPOCH_FROM: f64 = 1e9;
const EPOCH_MS_FROM: f64 = 1e12;

/// The end of a token's life; `None` when the value says nothing usable (absent, zero, negative, not a number).
pub fn read(unit: ExpiresUnit, value: &Value, now: Timestamp) -> Option<Timestamp> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    let Some(number) = number.filter(|number| number.is_finite()) else {
        return match (unit, value) {
            (ExpiresUnit::Auto | ExpiresUnit::Introspect | ExpiresUnit::Iso, Value::String(text)) => {
                Timestamp::parse_rfc3339(text)
            }
            _ => None,
        };
    };
    let seconds_from_now = match unit {
        ExpiresUnit::S => number,
        ExpiresUnit::Ms => number / 1000.0,
        ExpiresUnit::Epoch => number - now.0 as f64,
        ExpiresUnit::EpochMs => number / 1000.0 - now.0 as f64,
        ExpiresUnit::Iso => return None,
        ExpiresUnit::Auto | ExpiresUnit::Introspect if number >= EPOCH_MS_FROM => number / 1000.0 - now.0 as f64,
        ExpiresUnit::Auto | ExpiresUnit::Introspect if number >= EPOCH_FROM => number - now.0 as f64,
        ExpiresUnit::Auto | ExpiresUnit::Introspect => number,
    };
    let relative = number < EPOCH_FROM && !matches!(unit, ExpiresUnit::Epoch | ExpiresUnit::EpochMs);
    // Servers write 0 or -1 for "does not expire".
    if relative && seconds_from_now <= 0.0 {
        return None;
    }
    Some(now + seconds_from_now.clamp(-LONGEST_S, LONGEST_S) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_unit_is_read_and_auto_tells_them_apart() {
        use ExpiresUnit::*;
        let now = Timestamp(1_800_000_000);
        for (unit, value, left) in [
            (Auto, json!(3600), Some(3600)),
            (Auto, json!("3600"), Some(3600)),
            (Auto, json!(3599.9), Some(3599)),
            (Auto, json!(" 60 "), Some(60)),
            (Auto, json!(1_800_000_060), Some(60)),
            (Auto, json!(1_800_000_060_000_i64), Some(60)),
            (Auto, json!(1_799_999_940), Some(-60)),
            (Auto, json!("2027-01-15T08:01:00Z"), Some(60)),
            (Auto, json!(0), None),
            (Auto, json!(-1), None),
            (Auto, json!("never"), None),
            (Auto, json!(null), None),
            (Auto, json!(true), None),
            (Auto, json!("NaN"), None),
            (Auto, json!(1e300), Some(LONGEST_S as i64)),
            (S, json!(2_000_000_000), Some(2_000_000_000)),
            (Ms, json!(60_000), Some(60)),
            (Epoch, json!("1800000060"), Some(60)),
            (EpochMs, json!(1_800_000_060_000_i64), Some(60)),
            (Iso, json!("2027-01-15T09:01:00+01:00"), Some(60)),
            (Iso, json!(5), None),
        ] {
            assert_eq!(read(unit, &value, now), left.map(|left| now + left), "{unit:?} {value}");
        }
    }
}
