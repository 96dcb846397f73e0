//! How a verb fails: what stderr says, and the exit code.

use super::output;
use crate::app::OpenError;
use crate::files::FileError;
use crate::flows::token_text::NotWritable;
use crate::flows::{self, ErrorKind};
use crate::registry;
use crate::remote;
use crate::settings::SettingsError;
use crate::store;
use std::io;
use std::process::ExitCode;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Flow(#[from] flows::Error),
    #[error(transparent)]
    Certificates(#[from] crate::certificates::Error),
    #[error("{0}")]
    Serve(String),
    /// The authorization server refused, and everything was said already.
    #[error("")]
    Refused,
    #[error("")]
    Unwell,
    /// Another program ended so, or could not be started.
    #[error("{said}")]
    Command { said: String, code: u8 },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Failure::Flow(error.into())
    }
}

impl From<NotWritable> for Failure {
    fn from(error: NotWritable) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl From<remote::Error> for Failure {
    fn from(error: remote::Error) -> Self {
        Failure::Flow(error.into())
    }
}

impl From<registry::Error> for Failure {
    fn from(error: registry::Error) -> Self {
        Failure::Flow(error.into())
    }
}

impl Failure {
    pub fn report(&self) -> ExitCode {
        let said = self.to_string();
        if !said.is_empty() {
            output::note(&format!("oauth-helper: {said}"));
        }
        if let Failure::Flow(error) = self
            && let Some(hint) = error.hint()
        {
            output::note(&hint);
        }
        ExitCode::from(self.exit_code())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) | Failure::Settings(_) | Failure::Certificates(_) => 2,
            Failure::Open(OpenError::Store(error)) => of_kind(error.into()),
            Failure::Open(_) => 2,
            Failure::Flow(error) => of_kind(error.kind()),
            Failure::Refused => 5,
            Failure::Command { code, .. } => *code,
            Failure::Serve(_) | Failure::Unwell | Failure::Io(_) | Failure::File(_) => 1,
        }
    }
}

/// As scripts know them.
fn of_kind(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Configuration => 2,
        ErrorKind::AuthorizationRequired => 3,
        ErrorKind::UnknownClient => 4,
        ErrorKind::Refused => 5,
        ErrorKind::Unreachable => 6,
        ErrorKind::Store => 7,
        ErrorKind::Other => 1,
    }
}
