//! What goes through the browser: the authorization request and its response.

use super::{Overlay, is_default};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

/// The authorization request (RFC 6749 §4.1.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authorize {
    /// Template. An existing query is kept, and so is a fragment.
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

impl Authorize {
    /// The endpoint, and a fragment that a few servers want behind the parameters (RFC 6749 §3.1 knows none).
    pub fn address(&self) -> (&str, Option<&str>) {
        match self.url.split_once('#') {
            Some((address, fragment)) => (address, Some(fragment)),
            None => (&self.url, None),
        }
    }

    /// Whether a placeholder reaches the server: in a parameter, or in the address. What the address says under the name
    /// of a parameter of ours does not; the parameter is sent in its place.
    pub fn carries(&self, placeholder: &str) -> bool {
        let in_params =
            self.params.0.iter().any(|(_, value)| value.as_deref().is_some_and(|v| v.contains(placeholder)));
        let (path, query) = self.address().0.split_once('?').unwrap_or((self.address().0, ""));
        let kept = |name: &str| match self.params.get(name) {
            Some(said) => said.is_none(),
            None => !RFC.contains(&name),
        };
        let sent = |pair: &str| {
            self.fragment_route.is_some() || form_urlencoded::parse(pair.as_bytes()).all(|(name, _)| kept(&name))
        };
        in_params || path.contains(placeholder) || query.split('&').any(|pair| pair.contains(placeholder) && sent(pair))
    }
}

/// What an authorization request may hold without the definition saying so.
const RFC: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
];

/// The authorization response (RFC 6749 §4.1.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callback {
    #[serde(skip_serializing_if = "is_code")]
    pub code_param: String,
    #[serde(skip_serializing_if = "is_state")]
    pub state_param: String,
    #[serde(skip_serializing_if = "is_both")]
    pub methods: Vec<CallbackMethod>,
    #[serde(skip_serializing_if = "is_default")]
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

fn is_code(name: &str) -> bool {
    name == "code"
}

fn is_state(name: &str) -> bool {
    name == "state"
}

fn is_both(methods: &[CallbackMethod]) -> bool {
    methods == [CallbackMethod::Get, CallbackMethod::Post]
}

fn is_true(value: &bool) -> bool {
    *value
}
