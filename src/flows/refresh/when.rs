//! When a grant is to be renewed, and for whose sake.

use crate::oauth::definition::Definition;
use crate::oauth::grant::{Asker, Freshness, Grant};
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::Stage;

#[derive(Clone, Debug)]
pub enum When {
    /// When fewer than this many seconds are left.
    Left(i64),
    /// When this access token, which a resource rejected, is still the current one.
    Rejected(Secret),
    /// When this access token is still the current one, or there is still none: a person asks for a new one.
    Asked(Option<Secret>),
    /// When the background finds it due.
    Due,
}

impl When {
    pub(super) fn is_due(&self, grant: &Grant, definition: &Definition, now: Timestamp) -> bool {
        let is_current = |token: &Secret| grant.tokens.access_token.matches(token.expose());
        match self {
            _ if grant.tokens.stage == Stage::First => true,
            When::Left(least) => grant.tokens.freshness(now, *least) != Freshness::Valid,
            When::Rejected(token) => is_current(token),
            When::Asked(token) => token.as_ref().is_some_and(is_current),
            // Whether a row of failures may go on is not decided here.
            When::Due => grant.failing.is_some() || grant.refresh_at(definition, now, 0.0).is_some_and(|at| at <= now),
        }
    }

    pub(super) fn asker(&self, grant: Option<&Grant>, now: Timestamp) -> Asker {
        let usable = grant.is_some_and(|grant| grant.tokens.freshness(now, 0) != Freshness::Expired);
        match self {
            When::Asked(_) => Asker::Person,
            When::Left(_) if usable => Asker::Background,
            When::Left(_) | When::Rejected(_) => Asker::InNeed,
            When::Due => Asker::Background,
        }
    }

    /// Whether the token that there is will do where a fresh one takes too long.
    pub(super) fn is_served_by(&self, grant: &Grant, now: Timestamp) -> bool {
        match self {
            When::Left(_) => grant.tokens.freshness(now, 0) != Freshness::Expired,
            // Nobody waits for it.
            When::Due => true,
            When::Rejected(_) | When::Asked(_) => false,
        }
    }
}
