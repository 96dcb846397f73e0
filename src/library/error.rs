//! What the embedding program has to handle.

use crate::app::OpenError;
use crate::authorization_server;
use crate::flows::{self, ErrorKind};
use crate::oauth::name::BadName;
use crate::registry;
use crate::remote;
use crate::settings::SettingsError;
use crate::store;
use std::{fmt, io};

/// Why something could not be had. [`kind`](Error::kind) says what it means; the message names the thing and the next step,
/// and holds no secret.
#[derive(thiserror::Error)]
#[error("{}", said(.0))]
pub struct Error(Box<Cause>);

#[derive(Debug, thiserror::Error)]
pub(super) enum Cause {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Network(#[from] authorization_server::Error),
    #[error("`{name}` names no client: {why}")]
    Name { name: String, why: BadName },
    #[error("`{0}` is not a URL")]
    Url(String),
    #[error(transparent)]
    Flow(#[from] flows::Error),
    /// A key hands out access tokens, nothing that lasts.
    #[error("a running server takes no {0}; open the store itself (its data folder or its Redis), and do it there")]
    OnlyEmbedded(&'static str),
    #[error("the body cannot be written as {format}: {why}")]
    Unwritable { format: &'static str, why: serde_json::Error },
    #[error("the answer of the API broke off; ask again")]
    BrokenOff,
    #[error("the answer of the API is not the JSON that was expected: {0}")]
    NotJson(serde_json::Error),
    #[error("no thread could be started: {0}")]
    Runtime(io::Error),
}

impl Error {
    /// What it means to the program that asked.
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Cause::Open(OpenError::Store(error)) => error.into(),
            Cause::Flow(error) => error.kind(),
            Cause::BrokenOff => ErrorKind::Unreachable,
            Cause::NotJson(_) | Cause::Runtime(_) => ErrorKind::Other,
            Cause::Settings(_) | Cause::Open(_) | Cause::Network(_) | Cause::OnlyEmbedded(_) => {
                ErrorKind::Configuration
            }
            Cause::Name { .. } | Cause::Url(_) | Cause::Unwritable { .. } => ErrorKind::Configuration,
        }
    }

    /// Whether a person has to authorize the client before this can work.
    pub fn is_authorization_required(&self) -> bool {
        self.kind() == ErrorKind::AuthorizationRequired
    }
}

impl<E: Into<Cause>> From<E> for Error {
    fn from(cause: E) -> Self {
        Self(Box::new(cause.into()))
    }
}

impl From<registry::Error> for Cause {
    fn from(error: registry::Error) -> Self {
        Cause::Flow(error.into())
    }
}

impl From<store::Error> for Cause {
    fn from(error: store::Error) -> Self {
        Cause::Flow(error.into())
    }
}

impl From<remote::Error> for Cause {
    fn from(error: remote::Error) -> Self {
        Cause::Flow(error.into())
    }
}

/// `main` shows this when it ends with an error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind())
    }
}

fn said(cause: &Cause) -> String {
    let hint = match cause {
        Cause::Flow(error) => error.hint(),
        _ => None,
    };
    hint.map_or_else(|| cause.to_string(), |hint| format!("{cause}. {hint}"))
}
