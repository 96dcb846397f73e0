//! What one account allowed one client: its tokens, their expiry, and how keeping them fresh goes.
//!
//! Invariant: the last good refresh token stays until its replacement is stored or the server confirmed that it ended.

use super::definition::{Definition, OnMissingToken, RefreshInput, Rotation};
use super::id_token::Identity;
use super::name::GrantName;
use super::timestamp::Timestamp;
use super::token_response::{ErrorAnswer, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The record kept for one `client@account`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grant {
    pub name: GrantName,
    /// The client the tokens were issued to. After the definition's client ID changed, they are no longer its own.
    pub client_id: String,
    pub tokens: Tokens,
    pub authorized_at: Timestamp,
    /// `callback.NAME` → value, kept from the authorization response.
    #[serde(default)]
    pub captured: BTreeMap<String, String>,
    /// Who gave it, as said when it was authorized.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// Written before the refresh request and removed with its result: what is left of it tells of a crash in between.
    #[serde(default)]
    pub refreshing_since: Option<Timestamp>,
    #[serde(default)]
    pub failing: Option<Failing>,
    #[serde(default)]
    pub ended: Option<Ended>,
}

/// A refresh went wrong in a way that may pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    pub since: Timestamp,
    pub error: String,
}

/// The server confirmed that the grant is over (`invalid_grant`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: Timestamp,
    pub error: String,
}

/// The one answer to "may this token be handed out?"
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    Valid,
    /// Still valid, but less is left than was asked for.
    RefreshDue,
    Expired,
}

/// What a page, the command line, the API and metrics say of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    Ok,
    Expiring,
    Refreshing,
    Failing,
    AuthorizationRequired,
    NotAuthorized,
}

impl GrantState {
    /// Whether scripts get a token without a person doing anything.
    pub fn works(self) -> bool {
        !matches!(self, GrantState::AuthorizationRequired | GrantState::NotAuthorized)
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

impl Tokens {
    /// Whether at least `least` seconds are left. A token that never lives that long counts as due after half its life,
    /// so that it is not refreshed at every single use.
    pub fn freshness(&self, now: Timestamp, least: i64) -> Freshness {
        let Some(expires_at) = self.expires_at else { return Freshness::Valid };
        let left = now.seconds_until(expires_at);
        let lifetime = self.received_at.seconds_until(expires_at).max(0);
        let least = if least < lifetime { least } else { lifetime / 2 };
        match left {
            ..=0 => Freshness::Expired,
            left if left < least => Freshness::RefreshDue,
            _ => Freshness::Valid,
        }
    }
}

impl Grant {
    /// A new authorization replaces whatever was there.
    pub fn authorized(name: GrantName, client_id: &str, tokens: Tokens, captured: BTreeMap<String, String>) -> Self {
        let authorized_at = tokens.received_at;
        Self {
            name,
            client_id: client_id.to_owned(),
            tokens,
            authorized_at,
            captured,
            identity: None,
            refreshing_since: None,
            failing: None,
            ended: None,
        }
    }

    /// The same grant, with what is known of who gave it.
    #[must_use]
    pub fn from(self, identity: Option<Identity>) -> Self {
        Self { identity, ..self }
    }

    pub fn belongs_to(&self, definition: &Definition) -> bool {
        self.client_id == definition.client_id
    }

    /// Whether the definition has a way to get a new access token without a person.
    pub fn can_refresh(&self, definition: &Definition) -> bool {
        self.ended.is_none()
            && match definition.refresh.input {
                _ if !definition.needs_resource_owner() => true,
                RefreshInput::RefreshToken => self.tokens.refresh_token.is_some(),
                RefreshInput::AccessToken => true,
                RefreshInput::None => false,
            }
    }

    pub fn state(&self, definition: &Definition, now: Timestamp) -> GrantState {
        let margin = self.margin(definition);
        match self.tokens.freshness(now, margin) {
            _ if self.ended.is_some() => GrantState::AuthorizationRequired,
            _ if self.failing.is_some() => GrantState::Failing,
            // A refresh never takes longer than the limit of its request.
            _ if self.refreshing_since.is_some_and(|since| since.seconds_until(now) < 60) => GrantState::Refreshing,
            Freshness::Expired if !self.can_refresh(definition) => GrantState::AuthorizationRequired,
            Freshness::Valid => GrantState::Ok,
            Freshness::RefreshDue | Freshness::Expired => GrantState::Expiring,
        }
    }

    /// Seconds before the end when a refresh is due: the definition's margin, at most half the lifetime.
    fn margin(&self, definition: &Definition) -> i64 {
        let margin = i64::from(definition.refresh.margin_s);
        let lifetime = self.tokens.expires_at.map(|end| self.tokens.received_at.seconds_until(end));
        lifetime.map_or(margin, |lifetime| margin.min(lifetime / 2))
    }

    /// The grant while a refresh request is under way.
    pub fn refreshing(&self, now: Timestamp) -> Self {
        Self { refreshing_since: Some(now), ..self.clone() }
    }

    /// The grant after a refresh: a new refresh token replaces, an absent one keeps (RFC 6749 §6).
    pub fn refreshed(&self, definition: &Definition, tokens: Tokens) -> Self {
        let old = &self.tokens;
        let keep = definition.refresh.rotation == Rotation::Keep || tokens.refresh_token.is_none();
        let (refresh_token, refresh_expires_at) = if keep {
            (old.refresh_token.clone(), tokens.refresh_expires_at.or(old.refresh_expires_at))
        } else {
            (tokens.refresh_token.clone(), tokens.refresh_expires_at)
        };
        let mut captured = old.captured.clone();
        captured.extend(tokens.captured.clone());
        let tokens = Tokens {
            refresh_token,
            refresh_expires_at,
            scope: tokens.scope.clone().or_else(|| old.scope.clone()),
            id_token: tokens.id_token.clone().or_else(|| old.id_token.clone()),
            captured,
            ..tokens
        };
        Self { tokens, refreshing_since: None, failing: None, ended: None, ..self.clone() }
    }

    /// The grant after an answer that is not to be used. Its refresh token counts all the same: the old one may be spent.
    pub fn rotated(&self, definition: &Definition, answer: &Tokens) -> Self {
        let refresh_token = self.refreshed(definition, answer.clone()).tokens.refresh_token;
        Self { tokens: Tokens { refresh_token, ..self.tokens.clone() }, ..self.clone() }
    }

    /// The grant after a refresh answer without an access token, where the definition says that this extends the old one.
    pub fn extended(&self, definition: &Definition, now: Timestamp) -> Option<Self> {
        if definition.refresh.on_missing_token != OnMissingToken::Extend {
            return None;
        }
        let old = &self.tokens;
        let lifetime = old.expires_at.map(|end| old.received_at.seconds_until(end));
        let tokens = Tokens { received_at: now, expires_at: lifetime.map(|lifetime| now + lifetime), ..old.clone() };
        Some(Self { tokens, refreshing_since: None, failing: None, ..self.clone() })
    }

    /// The grant after a failure that may pass. Tokens stay.
    pub fn failed(&self, now: Timestamp, error: String) -> Self {
        let since = self.failing.as_ref().map_or(now, |failing| failing.since);
        Self { refreshing_since: None, failing: Some(Failing { since, error }), ..self.clone() }
    }

    /// The grant after a confirmed `invalid_grant`. A still-valid access token stays usable.
    pub fn ended(&self, now: Timestamp, answer: &ErrorAnswer) -> Self {
        let ended = Some(Ended { at: now, error: answer.to_string() });
        Self { refreshing_since: None, failing: None, ended, ..self.clone() }
    }

    pub fn last_error(&self) -> Option<&str> {
        let ended = self.ended.as_ref().map(|ended| ended.error.as_str());
        ended.or_else(|| self.failing.as_ref().map(|failing| failing.error.as_str()))
    }
}

#[cfg(test)]
mod tests;
