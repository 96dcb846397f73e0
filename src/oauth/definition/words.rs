//! The choices that are one word of a definition. Defaults are the RFC's.

use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::str::FromStr;

/// How a token is obtained. Written `authorization_code`, `device_code`, `client_credentials`, `password`, or a URI
/// (RFC 6749 §4.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum GrantType {
    #[default]
    AuthorizationCode,
    DeviceCode,
    ClientCredentials,
    Password,
    Other(String),
}

impl GrantType {
    /// RFC 7523 §2.1.
    pub const JWT_BEARER: &'static str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    /// RFC 8693 §2.1.
    pub const TOKEN_EXCHANGE: &'static str = "urn:ietf:params:oauth:grant-type:token-exchange";
    /// RFC 8628 §3.4.
    pub const DEVICE_CODE: &'static str = "urn:ietf:params:oauth:grant-type:device_code";

    pub fn as_str(&self) -> &str {
        match self {
            GrantType::AuthorizationCode => "authorization_code",
            GrantType::DeviceCode => "device_code",
            GrantType::ClientCredentials => "client_credentials",
            GrantType::Password => "password",
            GrantType::Other(uri) => uri,
        }
    }

    /// Whether a person has to agree: in a browser, on another device, or with a password.
    pub fn needs_resource_owner(&self) -> bool {
        matches!(self, GrantType::AuthorizationCode | GrantType::DeviceCode | GrantType::Password)
    }
}

impl From<String> for GrantType {
    fn from(text: String) -> Self {
        match text.as_str() {
            "authorization_code" => GrantType::AuthorizationCode,
            "device_code" | GrantType::DEVICE_CODE => GrantType::DeviceCode,
            "client_credentials" => GrantType::ClientCredentials,
            "password" => GrantType::Password,
            _ => GrantType::Other(text),
        }
    }
}

impl From<GrantType> for String {
    fn from(grant: GrantType) -> Self {
        grant.as_str().to_owned()
    }
}

/// RFC 6749 §3.1.2. `auto` is this program's own callback; some servers want another text (eBay: not even a URL).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RedirectUri {
    #[default]
    Auto,
    Literal(String),
}

impl From<String> for RedirectUri {
    fn from(text: String) -> Self {
        if text == "auto" { RedirectUri::Auto } else { RedirectUri::Literal(text) }
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        match uri {
            RedirectUri::Auto => "auto".to_owned(),
            RedirectUri::Literal(text) => text,
        }
    }
}

impl FromStr for RedirectUri {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_owned().into())
    }
}

/// What stands between two scopes: one space (RFC 6749 §3.3) unless the server wants a comma or another sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScopeSeparator(pub String);

impl Default for ScopeSeparator {
    fn default() -> Self {
        Self(" ".to_owned())
    }
}

/// RFC 7636 §4.2. `off` exists for servers that reject the challenge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pkce {
    #[default]
    S256,
    Plain,
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Publish {
    #[default]
    None,
    Code,
    Tokens,
}
