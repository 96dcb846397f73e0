//! What goes beyond one token request: a second request, a signature over each, an assertion of the client's own.

use super::{Auth, BodyFormat, HttpMethod, Overlay, Response, is_default};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A second request after the token response, whose answer holds the token that counts: a long-lived one, a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Upgrade {
    /// Without it there is no second request.
    #[serde(skip_serializing_if = "is_default")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub method: HttpMethod,
    /// As in the token request when absent.
    #[serde(skip_serializing_if = "is_default")]
    pub auth: Option<Auth>,
    #[serde(skip_serializing_if = "is_default")]
    pub body: BodyFormat,
    #[serde(skip_serializing_if = "is_default")]
    pub params: Overlay,
    #[serde(skip_serializing_if = "is_default")]
    pub headers: BTreeMap<String, String>,
    /// How its answer is read, where that differs from the token response.
    #[serde(skip_serializing_if = "is_default")]
    pub response: Option<Response>,
    /// Whether a refresh needs it too.
    #[serde(skip_serializing_if = "is_default")]
    pub after_refresh: bool,
}

impl Upgrade {
    pub fn is_wanted(&self) -> bool {
        self.url.as_deref().is_some_and(|url| !url.is_empty())
    }
}

/// A signature (HMAC) over each token and refresh request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Signer {
    #[serde(skip_serializing_if = "is_default")]
    pub alg: SignerAlgorithm,
    /// Template of the key; the client secret when absent.
    #[serde(skip_serializing_if = "is_default")]
    pub key: Option<String>,
    /// Template of what is signed. Without it nothing is.
    #[serde(skip_serializing_if = "is_default")]
    pub message: String,
    #[serde(skip_serializing_if = "is_default")]
    pub encoding: SignerEncoding,
    /// Where the signature goes.
    #[serde(rename = "in", skip_serializing_if = "is_default")]
    pub place: SignerPlace,
    /// The name of the parameter or header.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignerAlgorithm {
    #[default]
    HmacSha256,
    HmacSha512,
    HmacSha1,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignerEncoding {
    #[default]
    Hex,
    HexUpper,
    Base64,
    Base64url,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignerPlace {
    /// Among the request's other parameters.
    #[default]
    Param,
    /// In the URL's query, whatever the body is.
    Query,
    Header,
}

/// The assertion of a JWT bearer grant (RFC 7523 §2.1), signed with the client's private key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Assertion {
    /// Laid over `iss`, `aud`, `iat`, `exp` and `jti`.
    #[serde(skip_serializing_if = "is_default")]
    pub claims: Overlay,
    /// Seconds from `iat` to `exp`.
    #[serde(skip_serializing_if = "is_usual_lifetime")]
    pub lifetime_s: u32,
}

/// What servers accept that set a limit at all: Google an hour, Salesforce five minutes, Box one.
const USUAL_LIFETIME_S: u32 = 60;

impl Default for Assertion {
    fn default() -> Self {
        Self { claims: Overlay::default(), lifetime_s: USUAL_LIFETIME_S }
    }
}

fn is_usual_lifetime(seconds: &u32) -> bool {
    *seconds == USUAL_LIFETIME_S
}
