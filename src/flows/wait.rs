//! Waiting until a person has agreed.

use super::Error;
use super::installation::Installation;
use super::token::MIN_VALID_S;
use super::token_answer::TokenAnswer;
use crate::oauth::name::GrantName;
use crate::remote;
use std::time::{Duration, Instant};

/// The token, as soon as there is one; the error that still stood in the way when `limit` was over. `waiting` is told
/// once, with the first of them.
pub async fn until_authorized(
    installation: &Installation,
    name: &GrantName,
    limit: Option<Duration>,
    waiting: impl FnOnce(&Error),
) -> Result<TokenAnswer, Error> {
    let began = Instant::now();
    let mut waiting = Some(waiting);
    let mut change = installation.change_of(name).await;
    loop {
        let error = match installation.token(name, MIN_VALID_S.into()).await {
            Err(error) if may_pass(&error) => error,
            decided => return decided.map(|handed| handed.value),
        };
        let left = limit.map_or(Duration::MAX, |limit| limit.saturating_sub(began.elapsed()));
        if left.is_zero() {
            return Err(error);
        }
        if let Some(waiting) = waiting.take() {
            waiting(&error);
        }
        change.happened(left).await;
    }
}

/// A person may still press Authorize; a server that is asked over HTTP may still be starting.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::AuthorizationRequired { .. } | Error::Remote(remote::Error::Network(_)) => true,
        Error::Remote(error) => error.code() == Some("authorization_required"),
        _ => false,
    }
}
