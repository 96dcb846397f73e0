//! What is written before a refresh request, so that a stop in the middle of it is noticed.

use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A refresh that is under way. Whoever finds one with the grant's lease free finds what is left of a process that was
/// stopped in the middle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub at: Timestamp,
    /// The generation of the tokens that are to be replaced.
    pub generation: u64,
    /// SHA-256 of the refresh token that is handed in; `None`: none is.
    pub refresh_token: Option<String>,
}

/// The answer to a refresh request never came, so the server may have replaced the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    pub at: Timestamp,
    pub why: Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// This program was stopped before it could store the answer.
    Stopped,
    /// The connection broke, or the time was over.
    Connection,
}

impl Unanswered {
    /// Why the present refresh token may be no good any more, to be put behind an error.
    pub fn explain(self) -> String {
        let at = self.at.rfc3339();
        match self.why {
            Lost::Stopped => format!(
                "this program was stopped in the middle of the refresh at {at}, and the server's answer with the next \
                 refresh token was lost"
            ),
            Lost::Connection => {
                format!("the server's answer to the refresh at {at}, with the next refresh token, was lost on its way")
            }
        }
    }
}

/// Names a refresh token without telling it.
pub(super) fn digest(refresh_token: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(refresh_token.expose()))
}
