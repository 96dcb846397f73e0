//! What is wrong with the settings, all of it at once.

use std::fmt;

/// One thing to mend: what the operator wrote, under the name it was written with, and what is expected instead.
/// A value is never part of it: it could be a secret, or a secret in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: {message}")]
pub struct Problem {
    /// `OAUTHCLIENT_PORT`, `tls.certs in Rocket.toml` or `--port`.
    pub subject: String,
    pub message: String,
}

/// The settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// In the order in which they were found; never empty.
    pub problems: Vec<Problem>,
}

impl Problem {
    pub(super) fn new(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { subject: subject.into(), message: message.into() }
    }

    pub(super) fn expected(subject: impl Into<String>, what: &str) -> Self {
        Self::new(subject, format!("expected {what}"))
    }

    pub(super) fn unknown(subject: impl Into<String>, nearest: Option<String>) -> Self {
        let help = match nearest {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => "docs/configuration.md lists them all".to_owned(),
        };
        Self::new(subject, format!("there is no such setting; {help}"))
    }
}

impl SettingsError {
    /// `Ok` when nothing was found.
    pub(super) fn unless_none(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{problem}")?;
        }
        Ok(())
    }
}
