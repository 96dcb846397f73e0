//! The authorization response (RFC 6749 §4.1.2): what comes back to the redirect URI, in a query or a posted form.

use super::definition::{CallbackMethod, Definition, IssParameter};
use super::secret::Secret;
use super::token_response::ErrorAnswer;
use std::collections::BTreeMap;

/// More parameters than any server sends.
const MOST_PARAMETERS: usize = 64;

/// The parameters of one response. Each name stands once.
pub struct AuthorizationResponse {
    parameters: BTreeMap<String, Secret>,
    /// `None`: a person brought it, however the browser got it.
    method: Option<CallbackMethod>,
}

/// Why a response was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadResponse {
    #[error("the callback carries `{0}` more than once")]
    Repeated(String),
    #[error("the callback carries more than {MOST_PARAMETERS} parameters")]
    TooMany,
    #[error("the callback came in a way that the definition does not take (callback.methods)")]
    Method,
    #[error("the response names another issuer than {expected}")]
    OtherIssuer { expected: String },
    #[error("the response names no issuer, although {expected} says it always does")]
    NoIssuer { expected: String },
    #[error("the response carries neither an authorization code nor an error")]
    NoCode,
    #[error("the value of `{0}` does not match the pattern that the client's definition sets for it")]
    Capture(String),
}

/// What an accepted response says.
pub enum Verdict {
    /// The code, and the captured parameters as `callback.NAME`.
    Code { code: Secret, captured: BTreeMap<String, String> },
    /// The server, or the resource owner, said no.
    Refused(ErrorAnswer),
}

impl std::fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.parameters.keys()).finish()
    }
}

impl std::fmt::Debug for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Verdict::Code { .. } => "Code",
            Verdict::Refused(_) => "Refused",
        })
    }
}

impl AuthorizationResponse {
    /// RFC 6749 §3.1: parameters must not be included more than once.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, BadResponse> {
        let mut parameters = BTreeMap::new();
        for (name, value) in pairs {
            if parameters.len() == MOST_PARAMETERS {
                return Err(BadResponse::TooMany);
            }
            if parameters.contains_key(&name) {
                return Err(BadResponse::Repeated(name.chars().take(40).collect()));
            }
            parameters.insert(name, Secret::new(value));
        }
        Ok(Self { parameters, method: None })
    }

    /// The same, knowing how the browser brought it.
    pub fn by(self, method: CallbackMethod) -> Self {
        Self { method: Some(method), ..self }
    }

    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(Secret::expose).filter(|value| !value.is_empty())
    }

    /// Every parameter: some servers return `state` under another name, so the flow looks at all.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    /// Judges a response whose `state` was found to be ours.
    pub fn judge(&self, definition: &Definition) -> Result<Verdict, BadResponse> {
        if self.method.is_some_and(|method| !definition.callback.methods.contains(&method)) {
            return Err(BadResponse::Method);
        }
        self.check_issuer(definition)?;
        let from = |name| self.get(name).map(str::to_owned);
        if let Some(error) = from("error") {
            return Ok(Verdict::Refused(ErrorAnswer::new(
                0,
                Some(error),
                from("error_description"),
                from("error_uri"),
            )));
        }
        let code = self.get(&definition.callback.code_param).ok_or(BadResponse::NoCode)?;
        let captured = self.captured(definition)?;
        Ok(Verdict::Code { code: Secret::new(code), captured })
    }

    /// RFC 9207 §2.4: the mix-up defence.
    fn check_issuer(&self, definition: &Definition) -> Result<(), BadResponse> {
        match (&definition.issuer, self.get("iss")) {
            (Some(expected), Some(iss)) if iss != expected => {
                Err(BadResponse::OtherIssuer { expected: expected.clone() })
            }
            (Some(expected), None) if definition.callback.iss == IssParameter::Required => {
                Err(BadResponse::NoIssuer { expected: expected.clone() })
            }
            _ => Ok(()),
        }
    }

    fn captured(&self, definition: &Definition) -> Result<BTreeMap<String, String>, BadResponse> {
        let mut captured = BTreeMap::new();
        for capture in &definition.callback.capture {
            let Some(value) = self.get(&capture.name) else { continue };
            let whole = regex_lite::Regex::new(&format!("^(?:{})$", capture.pattern));
            if !whole.is_ok_and(|pattern| pattern.is_match(value)) {
                return Err(BadResponse::Capture(capture.name.clone()));
            }
            captured.insert(format!("callback.{}", capture.name), value.to_owned());
        }
        Ok(captured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition() -> Definition {
        Definition::from_json(json!({"client_id": "id", "issuer": "https://as.example",
            "authorize": {"url": "https://as.example/a"}, "token": {"url": "https://as.example/t"},
            "callback": {"iss": "required", "capture": [{"name": "realmId", "pattern": "[0-9]{1,20}"}]}}))
        .unwrap()
    }

    fn judge(query: &str) -> Result<Verdict, BadResponse> {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        AuthorizationResponse::from_pairs(pairs)?.judge(&definition())
    }

    #[test]
    fn a_code_from_the_right_issuer_is_accepted_with_what_is_captured() {
        let Ok(Verdict::Code { code, captured }) = judge("code=abc&iss=https://as.example&realmId=42") else {
            panic!()
        };
        assert_eq!((code.expose(), captured["callback.realmId"].as_str()), ("abc", "42"));
    }

    #[test]
    fn a_wrong_or_missing_issuer_is_refused() {
        assert!(matches!(judge("code=a&iss=https://evil.example"), Err(BadResponse::OtherIssuer { .. })));
        assert!(matches!(judge("code=a"), Err(BadResponse::NoIssuer { .. })));
        assert!(matches!(judge("code=a&iss=https://as.example&iss=https://as.example"), Err(BadResponse::Repeated(_))));
    }

    #[test]
    fn a_callback_comes_only_in_a_way_that_is_taken() {
        let mut definition = definition();
        definition.callback.methods = vec![CallbackMethod::Get];
        let response = || {
            let pairs = [("code", "a"), ("iss", "https://as.example")];
            AuthorizationResponse::from_pairs(pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap()
        };
        assert!(matches!(response().by(CallbackMethod::Post).judge(&definition), Err(BadResponse::Method)));
        assert!(response().by(CallbackMethod::Get).judge(&definition).is_ok());
        assert!(response().judge(&definition).is_ok());
    }

    #[test]
    fn a_captured_value_must_match_as_a_whole() {
        let refused = judge("code=a&iss=https://as.example&realmId=42/evil");
        assert!(matches!(refused, Err(BadResponse::Capture(name)) if name == "realmId"));
    }

    #[test]
    fn an_error_is_read_and_its_length_bounded() {
        let long = "x".repeat(1 << 20);
        let Ok(Verdict::Refused(answer)) =
            judge(&format!("iss=https://as.example&error=access_denied&error_description={long}"))
        else {
            panic!()
        };
        assert_eq!(answer.error.as_deref(), Some("access_denied"));
        assert!(answer.description.unwrap().len() <= 1024);
    }

    #[test]
    fn neither_code_nor_error_is_no_answer() {
        assert!(matches!(judge("iss=https://as.example&foo=bar"), Err(BadResponse::NoCode)));
    }

    #[test]
    fn a_flood_of_parameters_is_refused() {
        let query: String = (0..100).map(|n| format!("p{n}=1&")).collect();
        assert!(matches!(judge(&query), Err(BadResponse::TooMany)));
    }
}
