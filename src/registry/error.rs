//! What can go wrong with the definitions, and what can be done about it.

use super::json::Position;
use crate::files::FileError;
use crate::oauth::definition::Invalid;
use crate::oauth::name::ClientName;
use crate::store;
use crate::store::seal::BadSeal;
use std::fmt;
use std::path::PathBuf;

/// Each message names the client or the file and the next step. None holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0}. The file was left as it is; correct it and try again")]
    Broken(Problem),
    #[error("{0}")]
    Invalid(#[from] Invalid),
    #[error("there is already a client called `{0}`; choose another name")]
    Exists(ClientName),
    #[error("there is no client called `{0}`; `oauth-helper client list` shows all")]
    Unknown(ClientName),
    #[error("the client `{client}` is declared in {}, which only you change: edit or remove that file", file.display())]
    Declared { client: ClientName, file: PathBuf },
    #[error("the client `{0}` was changed meanwhile, so nothing was saved; load it again and repeat your change")]
    Changed(ClientName),
    #[error("the client `{client}`: {why}")]
    Secret { client: ClientName, why: SecretProblem },
    /// The token cache file, its lock or its backup; the message names it.
    #[error("the client definitions are as they were: {0}")]
    Write(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Error::Write(error.to_string())
    }
}

/// A token cache file that cannot be used, and the place in it where that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: PathBuf,
    pub position: Option<Position>,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(position) = self.position {
            write!(f, ", {position}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Problem {}

/// A secret of a definition that cannot be had. Names the field and the place, never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its {field} {why}")]
pub struct SecretProblem {
    pub field: &'static str,
    pub why: NoSecret,
}

/// Why it cannot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    #[error("is in the environment variable {0}, which is not set; set it and start again")]
    VariableNotSet(String),
    #[error("is in the environment variable {0}, which is empty")]
    VariableEmpty(String),
    #[error("is in the environment variable {0}, which is not UTF-8 text")]
    VariableNotText(String),
    #[error("is in the file {}, which cannot be read: {why}", path.display())]
    FileUnreadable { path: PathBuf, why: String },
    #[error("is in the file {}, which is empty", .0.display())]
    FileEmpty(PathBuf),
    #[error("is in the file {}, which is not UTF-8 text of at most 64 KiB", .0.display())]
    FileNotText(PathBuf),
    #[error("is sealed and does not belong to client_id {client_id}, or it is damaged; type it again as plain text")]
    Foreign { client_id: String },
    #[error("is still plain text, which is never written")]
    NotSealed,
    #[error("is sealed: {0}")]
    Seal(BadSeal),
}
