//! The parts of a definition, one for each request or answer they describe. Defaults are the RFC's.

use super::{Auth, Overlay, Paths, is_default};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
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
    pub fn as_str(&self) -> &str {
        match self {
            GrantType::AuthorizationCode => "authorization_code",
            GrantType::DeviceCode => "device_code",
            GrantType::ClientCredentials => "client_credentials",
            GrantType::Password => "password",
            GrantType::Other(uri) => uri,
        }
    }
}

impl From<String> for GrantType {
    fn from(text: String) -> Self {
        match text.as_str() {
            "authorization_code" => GrantType::AuthorizationCode,
            "device_code" => GrantType::DeviceCode,
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

/// The authorization request (RFC 6749 §4.1.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authorize {
    /// Template. An existing query is kept.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    #[serde(skip_serializing_if = "is_default")]
    pub params: Overlay,
    /// A route inside the server's page, put after `#`; the parameters follow it there.
    #[serde(skip_serializing_if = "is_default")]
    pub fragment_route: Option<String>,
    /// Parameters whose values are sent without percent-encoding.
    #[serde(skip_serializing_if = "is_default")]
    pub raw_params: Vec<String>,
    /// Whether a parameter with an empty value is left out.
    #[serde(skip_serializing_if = "is_true")]
    pub drop_empty: bool,
}

impl Default for Authorize {
    fn default() -> Self {
        Self {
            url: String::new(),
            params: Overlay::default(),
            fragment_route: None,
            raw_params: Vec::new(),
            drop_empty: true,
        }
    }
}

/// The authorization response (RFC 6749 §4.1.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callback {
    pub code_param: String,
    pub state_param: String,
    pub methods: Vec<CallbackMethod>,
    pub state_policy: StatePolicy,
    #[serde(skip_serializing_if = "is_default")]
    pub iss: IssParameter,
    #[serde(skip_serializing_if = "is_default")]
    pub capture: Vec<Capture>,
}

impl Default for Callback {
    fn default() -> Self {
        Self {
            code_param: "code".to_owned(),
            state_param: "state".to_owned(),
            methods: vec![CallbackMethod::Get, CallbackMethod::Post],
            state_policy: StatePolicy::Required,
            iss: IssParameter::IfPresent,
            capture: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CallbackMethod {
    Get,
    /// OAuth 2.0 Form Post Response Mode.
    Post,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatePolicy {
    #[default]
    Required,
    /// The server starts the flow itself and sends no `state`: an explicit, weaker choice.
    Unsolicited,
}

/// The issuer in the authorization response (RFC 9207): always compared when it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssParameter {
    #[default]
    IfPresent,
    /// The server's metadata says that it always sends `iss`, so a response without it is refused.
    Required,
}

/// A callback parameter to keep. Only a value that the whole pattern matches is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    pub name: String,
    pub pattern: String,
}

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
    pub margin_s: u32,
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
}

/// The answer is a success only when the value at `path` equals `equals`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessRule {
    pub path: String,
    pub equals: Value,
}

/// How the API itself wants the token (RFC 6750 §2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    #[serde(skip_serializing_if = "is_default")]
    pub token_in: TokenPlace,
    pub name: String,
    pub template: String,
    #[serde(skip_serializing_if = "is_default")]
    pub base_url: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub headers: BTreeMap<String, String>,
    /// A path or URL to try a token on.
    #[serde(skip_serializing_if = "is_default")]
    pub probe: Option<String>,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            token_in: TokenPlace::Header,
            name: "Authorization".to_owned(),
            template: "Bearer {access_token}".to_owned(),
            base_url: None,
            headers: BTreeMap::new(),
            probe: None,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenPlace {
    #[default]
    Header,
    Query,
}

/// A further endpoint of the authorization server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Endpoint {
    #[serde(skip_serializing_if = "is_default")]
    pub url: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Publish {
    #[default]
    None,
    Code,
    Tokens,
}

fn is_true(value: &bool) -> bool {
    *value
}
