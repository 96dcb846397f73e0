//! What a preset, or everyone's experience, says about an answer or a redirect URI.

use crate::oauth::token_response::ErrorAnswer;
use serde::Deserialize;
use std::sync::OnceLock;

/// What to do about an error. Given both, code and text must fit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// The error code (RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, or the server's own).
    #[serde(default)]
    pub(super) error: Option<String>,
    /// A part of the code or description, in any case.
    #[serde(default)]
    pub(super) contains: Option<String>,
    pub advice: String,
}

/// Redirect URIs that the server is known to refuse.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedirectRule {
    /// A pattern of whole redirect URIs.
    pub(super) refuses: String,
    pub(super) advice: String,
}

impl Hint {
    pub(super) fn fits(&self, answer: &ErrorAnswer) -> bool {
        let code = self.error.as_ref().is_none_or(|code| answer.is(code));
        let said = || answer.to_string().to_lowercase();
        code && self.contains.as_ref().is_none_or(|text| said().contains(&text.to_lowercase()))
    }

    pub(super) fn is_about_everything(&self) -> bool {
        self.error.is_none() && self.contains.is_none()
    }
}

impl RedirectRule {
    pub(super) fn refuses(&self, uri: &str) -> bool {
        whole(&self.refuses, uri)
    }
}

/// Whether the whole text matches; a pattern that is none matches nothing.
pub(super) fn whole(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(text))
}

/// The first that fits.
pub(super) fn on<'a>(hints: &'a [Hint], answer: &ErrorAnswer) -> Option<&'a str> {
    hints.iter().find(|hint| hint.fits(answer)).map(|hint| hint.advice.as_str())
}

/// What holds for every server.
pub(super) fn general() -> &'static [Hint] {
    static GENERAL: OnceLock<Vec<Hint>> = OnceLock::new();
    GENERAL.get_or_init(|| serde_json::from_str(include_str!("hints.json")).unwrap_or_default())
}
