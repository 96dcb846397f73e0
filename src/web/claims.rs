//! What servers say of a person or a token, as a page can bear it.

use super::pages::{Claim, words};
use crate::oauth::jwt::Claims;
use crate::oauth::timestamp::Timestamp;
use serde_json::Value;

/// Claims that are moments (RFC 7519 §4.1, RFC 7662 §2.2, OpenID Connect Core §2 and §5.1).
const MOMENTS: [&str; 5] = ["exp", "iat", "nbf", "auth_time", "updated_at"];
const LONGEST: usize = 300;

pub fn claims(claims: &Claims) -> Vec<Claim> {
    claims.iter().map(|(name, value)| Claim { name: words::cut(name, LONGEST), value: shown(name, value) }).collect()
}

/// A moment as such, a text without quotes, anything else as JSON.
fn shown(name: &str, value: &Value) -> String {
    let moment = value.as_i64().filter(|_| MOMENTS.contains(&name)).map(|seconds| Timestamp(seconds).rfc3339());
    let text = moment.or_else(|| value.as_str().map(str::to_owned)).unwrap_or_else(|| value.to_string());
    words::cut(&text, LONGEST)
}
