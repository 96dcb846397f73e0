//! What goes straight to the authorization server: the token request, the refresh request, further endpoints.

use super::{Auth, Overlay, is_default};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The token request (RFC 6749 §4.1.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenEndpoint {
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    #[serde(skip_serializing_if = "is_default")]
    pub method: HttpMethod,
    #[serde(skip_serializing_if = "is_default")]
    pub auth: Auth,
    #[serde(skip_serializing_if = "is_default")]
    pub body: BodyFormat,
    #[serde(skip_serializing_if = "is_default")]
    pub params: Overlay,
    #[serde(skip_serializing_if = "is_default")]
    pub headers: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    Get,
    #[default]
    Post,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyFormat {
    #[default]
    Form,
    Json,
    Query,
}

/// The refresh request (RFC 6749 §6). What is absent is as in the token request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Refresh {
    #[serde(skip_serializing_if = "is_default")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub method: Option<HttpMethod>,
    #[serde(skip_serializing_if = "is_default")]
    pub auth: Option<Auth>,
    #[serde(skip_serializing_if = "is_default")]
    pub body: Option<BodyFormat>,
    #[serde(skip_serializing_if = "is_default")]
    pub input: RefreshInput,
    #[serde(skip_serializing_if = "is_default")]
    pub params: Overlay,
    #[serde(skip_serializing_if = "is_default")]
    pub headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "is_default")]
    pub rotation: Rotation,
    #[serde(skip_serializing_if = "is_default")]
    pub on_missing_token: OnMissingToken,
    /// Seconds before the end of a token's life when it is refreshed; at most half the lifetime counts.
    #[serde(skip_serializing_if = "is_five_minutes")]
    pub margin_s: u32,
    /// Whether it is refreshed before anybody asks.
    #[serde(skip_serializing_if = "is_true")]
    pub background: bool,
}

fn is_true(flag: &bool) -> bool {
    *flag
}

fn is_five_minutes(seconds: &u32) -> bool {
    *seconds == 300
}

impl Default for Refresh {
    fn default() -> Self {
        Self {
            url: None,
            method: None,
            auth: None,
            body: None,
            input: RefreshInput::default(),
            params: Overlay::default(),
            headers: None,
            rotation: Rotation::default(),
            on_missing_token: OnMissingToken::default(),
            margin_s: 300,
            background: true,
        }
    }
}

/// What is handed in to get the next access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshInput {
    #[default]
    RefreshToken,
    AccessToken,
    /// Nothing: the grant is asked for again.
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    #[default]
    ReplaceIfPresent,
    Keep,
}

/// What a refresh answer without an access token means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMissingToken {
    #[default]
    Error,
    /// The old access token lives on.
    Extend,
}

/// An endpoint that is asked as the token endpoint is: for a device's code (RFC 8628 §3.1), to revoke (RFC 7009 §2.1), to
/// introspect (RFC 7662 §2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FormEndpoint {
    #[serde(skip_serializing_if = "is_default")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub params: Overlay,
}

/// How an ID token is verified (OpenID Connect Core §3.1.3.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdToken {
    /// Where the server publishes its keys; without it an ID token is shown, but not verified.
    #[serde(skip_serializing_if = "is_default")]
    pub jwks_url: Option<String>,
}

/// A further endpoint of the authorization server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Endpoint {
    #[serde(skip_serializing_if = "is_default")]
    pub url: Option<String>,
}
