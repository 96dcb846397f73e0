//! What is kept of an authorization while it is under way, and for a while after.

use super::TIME_LIMIT_S;
use crate::app::App;
use crate::flows::Error;
use crate::oauth::grant::Grant;
use crate::oauth::name::GrantName;
use crate::oauth::secret::{Secret, exposed};
use crate::oauth::timestamp::Timestamp;
use crate::store::{Kind, Record};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Between the button and the callback; kept under [`id`] of its `state`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pending {
    pub name: GrantName,
    pub client_id: String,
    pub binding: Binding,
    #[serde(with = "exposed")]
    pub code_verifier: Secret,
    #[serde(with = "exposed")]
    pub state: Secret,
    pub redirect_uri: String,
    /// `None`: none was sent.
    pub nonce: Option<String>,
}

/// The result, under the same id, so that a reload and a waiting terminal can show it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Settled {
    pub name: GrantName,
    pub binding: Binding,
    pub outcome: Outcome,
}

/// Who may bring the callback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Binding {
    /// The browser session that pressed the button, as a digest (RFC 9700 §4.7).
    Browser(String),
    /// Any browser: the link was handed out in the operator's own terminal, and `state` is known nowhere else
    /// (RFC 8252 §8.9).
    Terminal,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// The code is being exchanged under a lease of its own; without that, whoever did so was stopped.
    UnderWay {
        since: Timestamp,
    },
    Granted {
        scope: Option<Vec<String>>,
        expires_at: Option<Timestamp>,
        refreshable: bool,
        /// What is still missing, and why.
        #[serde(default)]
        unfinished: Option<String>,
    },
    /// The code was left for another program, which exchanges it.
    Published,
    Failed {
        said: String,
        hint: Option<String>,
    },
}

impl Pending {
    /// What stands in the place of the result until there is one.
    pub fn under_way(&self, since: Timestamp) -> Settled {
        Settled { name: self.name.clone(), binding: self.binding.clone(), outcome: Outcome::UnderWay { since } }
    }
}

impl Settled {
    /// Keeps it for a while, and wakes whoever waits for it.
    pub(in crate::flows) async fn keep(&self, app: &App, id: &str, version: u64) -> Result<(), Error> {
        app.store.put_until(id, self, version, app.now() + TIME_LIMIT_S).await?;
        if let Err(error) = app.store.wake(&call(id)).await {
            // They look again by themselves.
            tracing::warn!(%error, "nobody was told that an authorization ended");
        }
        Ok(())
    }

    pub fn is_under_way(&self) -> bool {
        matches!(self.outcome, Outcome::UnderWay { .. })
    }
}

impl Record for Pending {
    const KIND: Kind = Kind::PendingAuthorization;
}

impl Record for Settled {
    const KIND: Kind = Kind::CallbackAnswer;
}

impl Binding {
    pub fn browser(session: &str) -> Self {
        Binding::Browser(id(session))
    }

    pub fn admits(&self, browser: Option<&str>) -> bool {
        match self {
            Binding::Terminal => true,
            Binding::Browser(digest) => browser.is_some_and(|session| id(session) == *digest),
        }
    }
}

impl Outcome {
    pub fn of(result: &Result<Grant, Error>) -> Self {
        match result {
            Ok(grant) => Outcome::granted(grant),
            Err(error) => Outcome::failed(error),
        }
    }

    pub fn granted(grant: &Grant) -> Self {
        let tokens = &grant.tokens;
        Outcome::Granted {
            scope: tokens.scope.clone(),
            expires_at: tokens.expires_at,
            refreshable: tokens.refresh_token.is_some(),
            unfinished: grant.last_error(),
        }
    }

    pub fn failed(error: &Error) -> Self {
        Outcome::Failed { said: error.to_string(), hint: error.hint() }
    }

    /// Whoever exchanged the code was stopped, and nobody can do it again (RFC 6749 §4.1.2).
    pub fn stopped(name: &GrantName) -> Self {
        let said = "the program was stopped while it exchanged the code, and a code works only once";
        let hint = format!("Press Authorize again, or run `oauth-helper authorize {name}`.");
        Outcome::Failed { said: said.to_owned(), hint: Some(hint) }
    }

    pub fn word(&self) -> &'static str {
        match self {
            Outcome::UnderWay { .. } => "under way",
            Outcome::Granted { .. } => "granted",
            Outcome::Published => "published",
            Outcome::Failed { .. } => "failed",
        }
    }
}

/// The key of a record that is found by a secret: its digest, so that a copy of the store opens no door.
pub fn id(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

/// What whoever waits for a result is woken by.
pub fn call(id: &str) -> String {
    format!("authorized:{id}")
}

/// Whoever exchanges the code of an authorization holds this lease.
pub fn lease_name(id: &str) -> String {
    format!("authorization:{id}")
}

/// Whether a text has the shape of a `state` of ours: 32 bytes in Base64.
pub fn looks_like_a_state(text: &str) -> bool {
    text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok()
}
