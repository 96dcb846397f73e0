//! What goes in and out of a store.

use crate::flows::handed_in;
use crate::flows::installation::Listed;
use crate::flows::status;
use crate::flows::token_answer::TokenAnswer;
use crate::oauth::grant::GrantState;
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use crate::registry::import::CarriedTokens;
use std::time::Duration;

/// A client in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientInfo {
    pub name: String,
    /// What groups it with others; may be empty.
    pub service: String,
}

/// An access token and what is known of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Token {
    pub access_token: Secret,
    /// Mostly `Bearer`.
    pub token_type: String,
    /// `None`: the authorization server did not say.
    pub expires_in: Option<Duration>,
    pub scopes: Vec<String>,
    /// Why it is not as fresh as it was asked for, with the next step. It is valid all the same.
    pub warning: Option<String>,
}

/// What is known of the tokens of one account, or that there are none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    pub client: String,
    /// `default` unless another was said.
    pub account: String,
    pub state: GrantState,
    /// How long the access token is still valid, zero after its end. `None`: there is none, or nobody knows.
    pub expires_in: Option<Duration>,
    /// Why the last refresh failed.
    pub last_error: Option<String>,
}

/// Tokens that were got elsewhere, for the same client ID.
#[derive(Clone, Debug)]
#[must_use]
pub struct NewTokens {
    access_token: Secret,
    refresh_token: Option<Secret>,
    expires_in: Option<Duration>,
}

/// An authorization code that was got elsewhere, for the client's redirect URI. It can be exchanged once.
#[derive(Clone, Debug)]
#[must_use]
pub struct Code {
    code: Secret,
    code_verifier: Option<Secret>,
}

impl NewTokens {
    pub fn new(access_token: impl Into<String>) -> Self {
        Self { access_token: Secret::new(access_token), refresh_token: None, expires_in: None }
    }

    /// What new access tokens are got with.
    pub fn refresh_token(self, refresh_token: impl Into<String>) -> Self {
        Self { refresh_token: Some(Secret::new(refresh_token)), ..self }
    }

    /// How long the access token is valid from now on. Unless said, it counts as valid until the API answers 401.
    pub fn expires_in(self, expires_in: Duration) -> Self {
        Self { expires_in: Some(expires_in), ..self }
    }

    pub(super) fn carried(self, now: Timestamp) -> CarriedTokens {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 2);
        CarriedTokens {
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            expires_at: self.expires_in.map(|time| now + seconds(time)),
        }
    }
}

impl Code {
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: Secret::new(code), code_verifier: None }
    }

    /// Of the authorization request, if that had a code challenge (RFC 7636 §4.5).
    pub fn code_verifier(self, code_verifier: impl Into<String>) -> Self {
        Self { code_verifier: Some(Secret::new(code_verifier)), ..self }
    }

    pub(super) fn handed_in(self) -> handed_in::Code {
        handed_in::Code { code: self.code, code_verifier: self.code_verifier }
    }
}

impl From<Listed> for ClientInfo {
    fn from(listed: Listed) -> Self {
        Self { name: listed.name.to_string(), service: listed.definition.service }
    }
}

impl From<TokenAnswer> for Token {
    fn from(answer: TokenAnswer) -> Self {
        Self {
            access_token: answer.access_token,
            token_type: answer.token_type,
            expires_in: answer.expires_in.map(left),
            scopes: answer.scope.split_whitespace().map(str::to_owned).collect(),
            warning: None,
        }
    }
}

impl Status {
    pub(super) fn of(status: status::Status, now: Timestamp) -> Self {
        Self {
            client: status.client.to_string(),
            account: status.account.to_string(),
            state: status.state,
            expires_in: status.expires_at.map(|end| left(now.seconds_until(end))),
            last_error: status.last_error,
        }
    }
}

fn left(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}
