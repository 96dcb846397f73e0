//! Names that mean nothing, in nested settings. Figment would pass them over in silence.

use super::{Problem, names};
use figment::value::{Dict, Value};

/// A problem for each key that is neither ours nor Rocket's; `shown` is how its writer knows a key.
pub(super) fn problems(dict: &Dict, shown: &dyn Fn(&str) -> String) -> Vec<Problem> {
    below("", dict, shown)
}

fn below(above: &str, dict: &Dict, shown: &dyn Fn(&str) -> String) -> Vec<Problem> {
    dict.iter().flat_map(|(key, value)| judge(&format!("{above}{key}"), value, shown)).collect()
}

fn judge(key: &str, value: &Value, shown: &dyn Fn(&str) -> String) -> Vec<Problem> {
    let group = format!("{key}.");
    let is_group = names::OURS.iter().any(|known| known.starts_with(&group));
    match value.as_dict() {
        Some(dict) if is_group => below(&group, dict, shown),
        None if is_group => vec![Problem::expected(shown(key), "a table of settings")],
        _ if [names::OURS, names::ROCKET, names::ROCKET_TLS].concat().contains(&key) => Vec::new(),
        _ => vec![Problem::unknown(shown(key), names::nearest_key(key))],
    }
}
