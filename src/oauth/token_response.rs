//! The token response (RFC 6749 §5), read tolerantly: only the access token is required.

mod expiry;
mod tokens;

pub use tokens::{Stage, Tokens};

use super::definition::overlay::look_up;
use super::definition::{ExpiresUnit, Paths, Response, ResponseFormat};
use super::secret::{Secret, struck_out};
use super::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most characters of a server's own words that are kept and shown.
const LONGEST_TEXT: usize = 1000;

/// An error a server answered with (RFC 6749 §5.2 or §4.1.2.1), cleaned and cut for showing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// HTTP status; 0 when the error came by the browser.
    pub status: u16,
    pub error: Option<String>,
    pub description: Option<String>,
    pub uri: Option<String>,
    /// Seconds that the server asked to wait (RFC 9110 §10.2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// Why there is no token in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// The server said why.
    Refused(ErrorAnswer),
    /// The server agreed but sent no access token.
    Missing,
    /// The answer is not of the protocol: a proxy's page, an outage.
    NotOAuth { status: u16, content_type: Option<String> },
}

/// One answer of a token endpoint.
#[derive(Debug)]
pub struct TokenAnswer<'a> {
    pub status: u16,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
    pub received_at: Timestamp,
}

impl ErrorAnswer {
    pub fn new(status: u16, error: Option<String>, description: Option<String>, uri: Option<String>) -> Self {
        let clean = |text: Option<String>| text.map(|text| showable(&text)).filter(|text| !text.is_empty());
        Self { status, error: clean(error), description: clean(description), uri: clean(uri), retry_after: None }
    }

    pub fn is(&self, code: &str) -> bool {
        self.error.as_deref() == Some(code)
    }
}

impl std::fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.error, &self.description) {
            (Some(error), Some(description)) => write!(f, "{error}: {description}"),
            (Some(text), None) | (None, Some(text)) => f.write_str(text),
            (None, None) => write!(f, "HTTP status {}", self.status),
        }
    }
}

/// One line of plain text, at most [`LONGEST_TEXT`] characters.
fn showable(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_TEXT / 4).collect();
    line.trim().to_owned()
}

/// Reads an answer as the definition's `response` says. `sent`: the secrets of the request, which an error may repeat.
pub fn read(response: &Response, answer: &TokenAnswer<'_>, sent: &[&Secret]) -> Result<Tokens, NoToken> {
    let not_oauth = || NoToken::NotOAuth { status: answer.status, content_type: answer.content_type.map(showable) };
    let json = parse(response.format, answer.body).ok_or_else(not_oauth)?;
    let fields = Fields { response, json: &json };
    if let Some(error) = fields.error(answer.status, sent) {
        return Err(NoToken::Refused(error));
    }
    match fields.tokens(answer.received_at) {
        Some(tokens) if (200..300).contains(&answer.status) => Ok(tokens),
        None if (200..300).contains(&answer.status) && json.is_object() => Err(NoToken::Missing),
        _ => Err(not_oauth()),
    }
}

/// JSON under any content type; else form-encoded, as a few servers still answer.
fn parse(format: ResponseFormat, body: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}').trim();
    let json = || serde_json::from_str::<Value>(text).ok().filter(|json| json.is_object() || json.is_array());
    let form = || {
        let looks_like_one = text.contains('=') && !text.contains(['<', '{', ' ', '\n']);
        looks_like_one.then(|| {
            let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned();
            Value::Object(pairs.map(|(name, value)| (name, Value::String(value))).collect::<Map<_, _>>())
        })
    };
    match format {
        ResponseFormat::Auto => json().or_else(form),
        ResponseFormat::Json => json(),
        ResponseFormat::Form => form(),
    }
}

/// The fields of one answer, wherever the definition says they are.
struct Fields<'a> {
    response: &'a Response,
    json: &'a Value,
}

impl<'a> Fields<'a> {
    /// A field by its RFC name: at its own paths (below the root, or from the top), else under its name.
    fn get(&self, name: &str) -> Option<&'a Value> {
        let root = look_up(self.json, &self.response.root)?;
        match self.response.fields.get(name) {
            Some(paths) => paths.find(root).or_else(|| paths.find(self.json)),
            None => look_up(root, name),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        text(self.get(name)?)
    }

    fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).and_then(sendable)
    }

    fn error(&self, status: u16, sent: &[&Secret]) -> Option<ErrorAnswer> {
        let find = |name: &str| {
            let configured = self.response.error_paths.get(name).and_then(|paths| paths.find(self.json));
            configured.or_else(|| look_up(self.json, name))
        };
        // Some servers answer `{"error": {"code": …, "message": …}}`.
        let inside = |key: &str| find("error").and_then(|error| error.get(key)).and_then(text);
        let error = find("error").and_then(text).or_else(|| inside("code").or_else(|| inside("type")));
        let description = find("error_description")
            .and_then(text)
            .or_else(|| inside("message"))
            .or_else(|| find("message").and_then(text));
        let uri = find("error_uri").and_then(text);
        let failed = self.response.ok.as_ref().is_some_and(|rule| look_up(self.json, &rule.path) != Some(&rule.equals));
        let refused = error.is_some() || failed || (status >= 400 && description.is_some());
        let clean = |text: Option<String>| text.map(|text| struck_out(text, sent));
        refused.then(|| ErrorAnswer::new(status, clean(error), clean(description), clean(uri)))
    }

    fn tokens(&self, now: Timestamp) -> Option<Tokens> {
        let access_token = self.secret("access_token")?;
        let captured = self.response.capture.iter().filter_map(|(name, path)| {
            let value = Paths(vec![path.clone()]).find(self.json).and_then(text)?;
            Some((format!("token.{name}"), value))
        });
        Some(Tokens {
            access_token,
            token_type: self.text("token_type").unwrap_or_else(|| "Bearer".to_owned()),
            received_at: now,
            expires_at: self.expires_at(now),
            refresh_token: self.secret("refresh_token"),
            refresh_expires_at: ["refresh_token_expires_in", "refresh_expires_in", "refresh_token_expires_at"]
                .iter()
                .find_map(|name| expiry::read(Default::default(), self.get(name)?, now)),
            scope: self.get("scope").and_then(scope),
            id_token: self.secret("id_token"),
            captured: captured.collect(),
            extra: self.extra_tokens(),
            stage: Stage::Final,
        })
    }

    fn extra_tokens(&self) -> BTreeMap<String, Secret> {
        let find = |(name, path): (&String, &String)| {
            let value = Paths(vec![path.clone()]).find(self.json).and_then(sendable)?;
            Some((format!("token.{name}"), value))
        };
        self.response.extra_tokens.iter().filter_map(find).collect()
    }

    fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        let said = self.get("expires_in").or_else(|| self.get("expires_at"));
        let read = said.and_then(|value| expiry::read(self.response.expires, value, now));
        // Where the server is asked for it, the usual lifetime counts only after it did not say either.
        let asked = self.response.expires == ExpiresUnit::Introspect;
        read.or_else(|| self.response.usual_end(now).filter(|_| !asked))
    }
}

/// A token: something that can be seen and written into a header, so neither blank nor `true`.
fn sendable(value: &Value) -> Option<Secret> {
    let text = text(value).filter(|_| !value.is_boolean())?;
    (!text.trim().is_empty() && !text.chars().any(char::is_control)).then(|| Secret::new(text))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A scope is a text, or an array of texts (Twitch); servers separate with spaces or commas.
fn scope(value: &Value) -> Option<Vec<String>> {
    let words = |text: &str| text.split([' ', ',', '+']).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    match value {
        Value::String(text) => Some(words(text)),
        Value::Array(items) => Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
