//! How a token response is read.

use super::{Paths, is_default};
use crate::oauth::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How the token response is read (RFC 6749 §5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Response {
    #[serde(skip_serializing_if = "is_default")]
    pub format: ResponseFormat,
    /// Path of the object that holds the fields; empty: the whole answer.
    #[serde(skip_serializing_if = "is_default")]
    pub root: String,
    /// RFC name → where to look, first hit wins.
    #[serde(skip_serializing_if = "is_default")]
    pub fields: BTreeMap<String, Paths>,
    #[serde(skip_serializing_if = "is_default")]
    pub expires: ExpiresUnit,
    /// Seconds a token lives when the answer does not say.
    #[serde(skip_serializing_if = "is_default")]
    pub default_ttl_s: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub ok: Option<SuccessRule>,
    /// `error`, `error_description`, `error_uri` → where to look.
    #[serde(skip_serializing_if = "is_default")]
    pub error_paths: BTreeMap<String, Paths>,
    /// Name → path of a value to keep, usable later as `{token.NAME}`.
    #[serde(skip_serializing_if = "is_default")]
    pub capture: BTreeMap<String, String>,
    /// Name → path of a further token, kept as a secret, usable later as `{token.NAME}`.
    #[serde(skip_serializing_if = "is_default")]
    pub extra_tokens: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResponseFormat {
    #[default]
    Auto,
    Json,
    Form,
}

/// What the number (or text) that says when a token ends means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresUnit {
    #[default]
    Auto,
    /// Seconds from now (RFC 6749 §5.1).
    S,
    /// Milliseconds from now.
    Ms,
    /// Seconds since 1970.
    Epoch,
    /// Milliseconds since 1970.
    EpochMs,
    /// An RFC 3339 date and time.
    Iso,
    /// Told by introspection (RFC 7662) where the answer itself is silent.
    Introspect,
}

impl Response {
    /// When a token ends whose answer does not say so.
    pub fn usual_end(&self, received_at: Timestamp) -> Option<Timestamp> {
        self.default_ttl_s.map(|seconds| received_at + i64::from(seconds))
    }
}

/// The answer is a success only when the value at `path` equals `equals`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessRule {
    pub path: String,
    pub equals: Value,
}
