//! What the answer to a refresh request makes of a grant.

use super::Renewal;
use crate::flows::{Error, identity};
use crate::oauth::grant::{Attempt, Cause, Failure, Grant, Outcome};
use crate::oauth::token_response::{ErrorAnswer, Tokens};
use std::time::Duration;

/// The grant as it is from now on, and what to say to whoever asked.
pub(super) type Verdict = (Grant, Result<(), Error>);

impl Renewal<'_> {
    /// With one more entry in the grant's history.
    pub(super) fn noted(&self, (next, result): Verdict, took: Duration) -> Verdict {
        let outcome = match &result {
            Ok(()) => Outcome::Refreshed,
            Err(_) if next.ended.is_some() => Outcome::Ended,
            Err(_) => Outcome::Failed,
        };
        let error = next.last_error().filter(|_| result.is_err());
        (next.noting(Attempt::new(self.app.now(), took, outcome, error.as_deref())), result)
    }

    /// The grant after the answer to a refresh. Only a confirmed `invalid_grant` ends it.
    pub(super) fn verdict(&self, grant: &Grant, result: Result<Tokens, Error>) -> Verdict {
        let (definition, now) = (&self.client.definition, self.app.now());
        let error = match result {
            Ok(tokens) => match identity::check_refreshed(self.client, grant, &tokens) {
                Ok(()) => return (grant.refreshed(definition, tokens), Ok(())),
                Err(error) => return (self.failed(&grant.rotated(definition, &tokens), &error), Err(error)),
            },
            Err(error) => error,
        };
        if let (Error::NoAccessToken(_), Some(extended)) = (&error, grant.extended(definition, now)) {
            return (extended, Ok(()));
        }
        tracing::warn!(client = %self.name.client, account = %self.name.account, %error, "refresh failed");
        match &error {
            Error::Refused { answer, .. } if is_the_end(answer) && definition.needs_resource_owner() => {
                let ended = grant.ended(now, answer);
                let error = self.authorization_required(Some(&ended));
                (ended, Err(error))
            }
            _ => (self.failed(grant, &error), Err(error)),
        }
    }

    pub(super) fn failed(&self, grant: &Grant, error: &Error) -> Grant {
        let now = self.app.now();
        let failed = grant.failed(now, self.failure(error), self.app.jitter());
        match error.root() {
            Error::Unreachable { source, .. } if source.may_have_been_received() => failed.without_answer(now),
            _ => failed,
        }
    }

    pub(super) fn failure(&self, error: &Error) -> Failure {
        let retry_after = match error.root() {
            Error::Refused { answer, .. } => answer.retry_after,
            Error::NotOAuth { retry_after, .. } => *retry_after,
            _ => None,
        };
        Failure { error: error.to_string(), cause: cause(error), retry_after, tried_with: self.tried_with.clone() }
    }
}

/// A server in trouble may say anything: what it says under such a status confirms nothing.
fn is_in_trouble(answer: &ErrorAnswer) -> bool {
    let says_so = ["temporarily_unavailable", "server_error", "slow_down"].iter().any(|code| answer.is(code));
    answer.status >= 500 || [408, 425, 429].contains(&answer.status) || says_so
}

/// RFC 6749 §5.2: the refresh token is invalid, expired or revoked.
pub(super) fn is_the_end(answer: &ErrorAnswer) -> bool {
    answer.is("invalid_grant") && !is_in_trouble(answer)
}

fn cause(error: &Error) -> Cause {
    match error.root() {
        Error::Refused { answer, .. } if is_in_trouble(answer) => Cause::Server,
        Error::Refused { answer, .. } if answer.is("invalid_client") || answer.is("unauthorized_client") => {
            Cause::Client
        }
        Error::Refused { .. } | Error::NoAccessToken(_) | Error::IdToken { .. } => Cause::Refusal,
        Error::Unreachable { .. } | Error::NotOAuth { .. } => Cause::Server,
        _ => Cause::Definition,
    }
}
