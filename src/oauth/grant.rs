//! What one account allowed one client: its tokens, their expiry, and how keeping them fresh goes.
//!
//! Invariant: the last good refresh token stays until its replacement is stored or the server confirmed that it ended.

mod due;
mod failing;
mod freshness;
mod history;
mod intent;
mod state;

pub use due::Task;
pub use failing::{Asker, Cause, Failing, Failure};
pub use freshness::Freshness;
pub use history::{Attempt, History, Outcome};
pub use intent::{Intent, Lost, Unanswered};
pub use state::GrantState;

use super::definition::{Definition, OnMissingToken, Rotation};
use super::id_token::Identity;
use super::name::GrantName;
use super::template::Values;
use super::timestamp::Timestamp;
use super::token_response::{ErrorAnswer, Stage, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Seconds by which two clocks may differ without anyone taking notice.
const LEEWAY_S: i64 = 60;

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
    /// Counts the sets of tokens: 1 at the first authorization, one more with each new set, whoever brought it.
    #[serde(default = "first_generation")]
    pub generation: u64,
    /// When the present refresh token came; `None`: when it was authorized.
    #[serde(default)]
    pub refresh_token_since: Option<Timestamp>,
    /// Written before the refresh request and removed with its result: what is left of it tells of a stop in between.
    #[serde(default)]
    pub intent: Option<Intent>,
    /// An answer that never came since the last good one.
    #[serde(default)]
    pub unanswered: Option<Unanswered>,
    #[serde(default)]
    pub failing: Option<Failing>,
    #[serde(default)]
    pub ended: Option<Ended>,
    #[serde(default)]
    pub told: Told,
    #[serde(default)]
    pub history: History,
}

fn first_generation() -> u64 {
    1
}

/// What was told of and is not told again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    pub refresh_token_ending: bool,
    pub authorization_required: bool,
}

/// The server confirmed that the grant is over (`invalid_grant`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: Timestamp,
    pub error: String,
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
            generation: 1,
            refresh_token_since: None,
            intent: None,
            unanswered: None,
            failing: None,
            ended: None,
            told: Told::default(),
            history: History::default(),
        }
    }

    /// The same authorization in the place of another: it goes on counting and does not forget.
    #[must_use]
    pub fn in_place_of(self, old: &Grant) -> Self {
        Self { generation: old.generation + 1, history: old.history.clone(), ..self }
    }

    /// Whether these tokens came after those of `other` by refreshes alone.
    pub fn follows(&self, other: &Grant) -> bool {
        self.authorized_at == other.authorized_at && self.generation > other.generation
    }

    /// The same grant with one more entry in its history.
    #[must_use]
    pub fn noting(mut self, attempt: Attempt) -> Self {
        self.history.push(attempt);
        self
    }

    /// The same grant, with what is known of who gave it.
    #[must_use]
    pub fn from(self, identity: Option<Identity>) -> Self {
        Self { identity, ..self }
    }

    /// Puts what was kept of earlier answers among the values of a request: `{callback.NAME}` and `{token.NAME}`.
    pub fn fill(&self, values: &mut Values) {
        self.captured.iter().for_each(|(name, value)| values.set(name, value));
        self.tokens.fill(values);
    }

    /// The grant with a further token of its answer (`response.extra_tokens`) in the place of the access token. `None`:
    /// none of that name came.
    pub fn with_extra(&self, name: &str) -> Option<Self> {
        let access_token = self.tokens.extra.get(&format!("token.{name}"))?.clone();
        Some(Self { tokens: Tokens { access_token, ..self.tokens.clone() }, ..self.clone() })
    }

    pub fn belongs_to(&self, definition: &Definition) -> bool {
        self.client_id == definition.client_id
    }

    /// Whether the definition has a way to get a new access token without a person.
    pub fn can_refresh(&self, definition: &Definition) -> bool {
        self.ended.is_none()
            && (!definition.needs_resource_owner()
                || self.tokens.stage == Stage::First
                || definition.refreshes(self.tokens.refresh_token.is_some()))
    }

    /// The grant while a refresh request is under way; for whoever holds its lease. An intent that is still there is
    /// what a process left that was stopped in the middle.
    pub fn intending(&self, now: Timestamp) -> Self {
        let refresh_token = self.tokens.refresh_token.as_ref().map(intent::digest);
        let of_this_token = |left: &&Intent| left.generation == self.generation && left.refresh_token == refresh_token;
        let stopped = self.intent.as_ref().filter(of_this_token);
        let unanswered = stopped.map(|left| Unanswered { at: left.at, why: Lost::Stopped }).or(self.unanswered);
        let intent = Some(Intent { at: now, generation: self.generation, refresh_token });
        Self { intent, unanswered, ..self.clone() }
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
        let (mut captured, mut extra) = (old.captured.clone(), old.extra.clone());
        captured.extend(tokens.captured.clone());
        extra.extend(tokens.extra.clone());
        let tokens = Tokens {
            refresh_token,
            refresh_expires_at,
            scope: tokens.scope.clone().or_else(|| old.scope.clone()),
            id_token: tokens.id_token.clone().or_else(|| old.id_token.clone()),
            captured,
            extra,
            stage: definition.stage_after_refresh(),
            ..tokens
        };
        self.with_new(tokens)
    }

    /// The grant after the second request, whose answer holds the token that counts.
    pub fn upgraded(&self, answer: Tokens) -> Self {
        self.with_new(self.tokens.clone().upgraded(answer))
    }

    /// The next generation. Its refresh token is another one when it says another end, too.
    fn with_new(&self, tokens: Tokens) -> Self {
        let old = &self.tokens;
        let same = match (&tokens.refresh_token, &old.refresh_token) {
            (Some(new), Some(old)) => new.matches(old.expose()),
            (new, old) => new.is_none() && old.is_none(),
        };
        let lives_on = same && tokens.refresh_expires_at == old.refresh_expires_at;
        let refresh_token_since = if lives_on { self.refresh_token_since } else { Some(tokens.received_at) };
        let told = Told { refresh_token_ending: lives_on && self.told.refresh_token_ending, ..Told::default() };
        let generation = self.generation + 1;
        let (intent, unanswered, failing, ended) = (None, None, None, None);
        Self { tokens, refresh_token_since, told, generation, intent, unanswered, failing, ended, ..self.clone() }
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
        Some(self.with_new(tokens))
    }

    /// The grant after a failure that may pass. Tokens stay.
    pub fn failed(&self, now: Timestamp, failure: Failure, jitter: f64) -> Self {
        let failing = Failing::after(self.failing.as_ref(), now, failure, jitter);
        Self { intent: None, failing: Some(failing), ..self.clone() }
    }

    /// The grant after a request whose answer was lost on its way.
    #[must_use]
    pub fn without_answer(self, now: Timestamp) -> Self {
        let unanswered = self.unanswered.or(Some(Unanswered { at: now, why: Lost::Connection }));
        Self { unanswered, ..self }
    }

    /// The grant after a confirmed `invalid_grant`. A still-valid access token stays usable.
    pub fn ended(&self, now: Timestamp, answer: &ErrorAnswer) -> Self {
        let ended = Some(Ended { at: now, error: answer.to_string() });
        let told = Told { authorization_required: true, ..self.told };
        Self { intent: None, failing: None, ended, told, ..self.clone() }
    }

    /// What went wrong last, without what the server said of it.
    pub fn last_error_in_our_words(&self) -> Option<String> {
        let ended = "the authorization server ended the grant".to_owned();
        match (&self.ended, self.unanswered) {
            (Some(_), Some(unanswered)) => Some(format!("{ended}; {}", unanswered.explain())),
            (Some(_), None) => Some(ended),
            (None, _) => self.failing.as_ref().map(|failing| failing.cause.in_our_words().to_owned()),
        }
    }

    /// What went wrong last, and where the server's answer was lost before, that too.
    pub fn last_error(&self) -> Option<String> {
        let failing = self.failing.as_ref().map(|failing| failing.error.clone());
        match (&self.ended, self.unanswered) {
            (Some(ended), Some(unanswered)) => Some(format!("{}; {}", ended.error, unanswered.explain())),
            (Some(ended), None) => Some(ended.error.clone()),
            (None, _) => failing,
        }
    }
}

#[cfg(test)]
mod tests;
