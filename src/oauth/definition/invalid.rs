//! What is wrong with a definition, in words for the person who wrote it.

use serde::Serialize;
use std::fmt;

/// One problem: the dotted path of the field (`token.url`) and a sentence with the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Dotted, such as `token.url`.
    pub path: String,
    pub message: String,
}

/// Everything that is wrong with a definition; never empty, never holds a value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    pub fn field(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![FieldError { path: path.into(), message: message.into() }])
    }

    pub(super) fn from_serde(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        // Serde quotes a value of the wrong type; the value may be a secret in the wrong place.
        let quoting = message.starts_with("invalid type: ") || message.starts_with("invalid value: ");
        let message = match message.split_once(", expected ").filter(|_| quoting) {
            Some((_, expected)) => format!("this must be {}", in_plain_words(expected)),
            None => message,
        };
        Self::field(if path == "." { "definition".to_owned() } else { path }, message)
    }
}

fn in_plain_words(expected: &str) -> &str {
    match expected {
        "u32" => "a whole number, zero or more",
        "a sequence" => "a list",
        "a map" => "an object of names and values",
        "a string" => "a text",
        "a boolean" => "true or false",
        other => other,
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|error| format!("{}: {}", error.path, error.message)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Invalid {}
