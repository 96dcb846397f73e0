//! The state of a grant: one definition for the page, the command line, the API and the metrics.

use super::{Failing, Freshness, Grant, LEEWAY_S};
use crate::oauth::definition::Definition;
use crate::oauth::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// A refresh never takes longer than the limit of its request, in seconds.
const LONGEST_REFRESH_S: i64 = 60;

/// What a page, the command line, the API and metrics say of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    /// There is a valid token.
    Ok,
    /// It ends soon or has ended; whoever asks gets a new one.
    Expiring,
    /// A new one is being asked for.
    Refreshing,
    /// The last refresh failed; it is tried again.
    Failing,
    /// The grant ended: a person has to agree again.
    AuthorizationRequired,
    /// Nobody has agreed yet.
    NotAuthorized,
}

impl GrantState {
    /// Whether scripts get a token without a person doing anything.
    pub fn works(self) -> bool {
        !matches!(self, GrantState::AuthorizationRequired | GrantState::NotAuthorized)
    }

    /// Of a client without a grant. Who asks in its own name gets a token as soon as somebody wants one.
    pub fn without_grant(definition: &Definition, failing: Option<&Failing>) -> Self {
        match failing {
            _ if definition.needs_resource_owner() => GrantState::NotAuthorized,
            Some(_) => GrantState::Failing,
            None => GrantState::Expiring,
        }
    }

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            GrantState::Ok => "ok",
            GrantState::Expiring => "expiring",
            GrantState::Refreshing => "refreshing",
            GrantState::Failing => "failing",
            GrantState::AuthorizationRequired => "authorization_required",
            GrantState::NotAuthorized => "not_authorized",
        }
    }
}

impl Grant {
    pub fn state(&self, definition: &Definition, now: Timestamp) -> GrantState {
        let margin = self.margin(definition);
        match self.tokens.freshness(now, margin) {
            _ if self.ended.is_some() => GrantState::AuthorizationRequired,
            _ if self.failing.is_some() => GrantState::Failing,
            _ if self.refreshing_since(now).is_some() => GrantState::Refreshing,
            Freshness::Expired if !self.can_refresh(definition) => GrantState::AuthorizationRequired,
            Freshness::Valid => GrantState::Ok,
            Freshness::RefreshDue | Freshness::Expired => GrantState::Expiring,
        }
    }

    /// Since when the present state lasts, where that is worth saying.
    pub fn since(&self, now: Timestamp) -> Option<Timestamp> {
        let ended = self.ended.as_ref().map(|ended| ended.at);
        ended.or(self.failing.as_ref().map(|failing| failing.since)).or(self.refreshing_since(now))
    }

    /// `None` also where a refresh began so long ago that whoever did it is gone.
    fn refreshing_since(&self, now: Timestamp) -> Option<Timestamp> {
        let since = self.intent.as_ref()?.at;
        (-LEEWAY_S..LONGEST_REFRESH_S).contains(&since.seconds_until(now)).then_some(since)
    }

    /// Seconds before the end when a refresh is due: the definition's margin, at most half the lifetime.
    fn margin(&self, definition: &Definition) -> i64 {
        let margin = i64::from(definition.refresh.margin_s);
        let lifetime = self.tokens.expires_at.map(|end| self.tokens.received_at.seconds_until(end));
        lifetime.map_or(margin, |lifetime| margin.min(lifetime / 2))
    }
}
