//! What the background has to do for a grant, and when.

use super::{Grant, LEEWAY_S};
use crate::oauth::definition::{Definition, RefreshInput};
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::Stage;

/// Seconds between two refreshes at least, however short a token lives.
const SHORTEST_PAUSE_S: i64 = 5;
/// The same for tokens that are over when they arrive: one of the two clocks is wrong.
const WRONG_CLOCK_PAUSE_S: i64 = 300;
/// Seconds before the end of a refresh token when its end is told, at most a fifth of its life.
const ENDING_S: i64 = 7 * 86_400;
/// Seconds after which a refresh that waits for its definition looks whether a secret changed where it is kept.
const LOOK_AGAIN_S: i64 = 3600;

/// What is to be done in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    Refresh,
    /// To tell that the refresh token ends soon.
    TellRefreshTokenEnding,
    /// To tell that only a person can go on: the token ended and there is no way to the next one.
    TellAuthorizationRequired,
}

impl Grant {
    /// The next thing to do and when, perhaps in the past; `None`: nothing until something changes. `jitter`: 0 to 1,
    /// so that tokens that came together are not refreshed together.
    pub fn next_task(&self, definition: &Definition, now: Timestamp, jitter: f64) -> Option<(Timestamp, Task)> {
        let refresh = self.refresh_at(definition, now, jitter).map(|at| (at, Task::Refresh));
        let ending = self.ending_at(definition).map(|at| (at, Task::TellRefreshTokenEnding));
        let required = self.required_at(definition).map(|at| (at, Task::TellAuthorizationRequired));
        [refresh, ending, required].into_iter().flatten().min()
    }

    /// When the background refreshes.
    pub fn refresh_at(&self, definition: &Definition, now: Timestamp, jitter: f64) -> Option<Timestamp> {
        if !definition.refresh.background || !self.can_refresh(definition) {
            return None;
        }
        match (&self.failing, &self.intent) {
            (Some(failing), _) => Some(failing.next_try_at.unwrap_or(now + LOOK_AGAIN_S)),
            (None, Some(intent)) => Some(intent.at),
            (None, None) => self.before_the_end(definition, now, jitter),
        }
    }

    fn before_the_end(&self, definition: &Definition, now: Timestamp, jitter: f64) -> Option<Timestamp> {
        let (received_at, margin) = (self.tokens.received_at, i64::from(definition.refresh.margin_s));
        if self.tokens.stage == Stage::First {
            return Some(received_at);
        }
        let end = self.tokens.expires_at?;
        // Received in the future: the clock was set back, and nobody knows how much is left.
        if received_at > now + LEEWAY_S {
            return Some(now);
        }
        let pause = if end > received_at { SHORTEST_PAUSE_S } else { WRONG_CLOCK_PAUSE_S };
        let of_access_token = ahead(received_at, end, margin, jitter).max(received_at + pause);
        let of_refresh_token =
            self.refresh_token_life(definition).map(|(since, end)| ahead(since, end, margin, jitter));
        // A refresh that did not prolong the refresh token is not tried for its sake again.
        let of_refresh_token = of_refresh_token.filter(|at| *at > received_at + pause);
        Some(of_refresh_token.map_or(of_access_token, |at| at.min(of_access_token)))
    }

    fn ending_at(&self, definition: &Definition) -> Option<Timestamp> {
        let (since, end) = self.refresh_token_life(definition)?;
        let of_use = self.ended.is_none() && !self.told.refresh_token_ending && definition.needs_resource_owner();
        of_use.then(|| end - ENDING_S.min(since.seconds_until(end) / 5))
    }

    fn required_at(&self, definition: &Definition) -> Option<Timestamp> {
        let over = self.ended.is_some() || self.told.authorization_required || self.can_refresh(definition);
        self.tokens.expires_at.filter(|_| !over)
    }

    /// From when until when the refresh token is good, where the server said so.
    fn refresh_token_life(&self, definition: &Definition) -> Option<(Timestamp, Timestamp)> {
        let counts = definition.refresh.input == RefreshInput::RefreshToken && self.tokens.refresh_token.is_some();
        let end = self.tokens.refresh_expires_at.filter(|_| counts)?;
        Some((self.refresh_token_since.unwrap_or(self.authorized_at), end))
    }
}

/// A moment before `end`: `margin` seconds or half the life, and by jitter a fifth of that earlier, or where there is no
/// room, later.
fn ahead(since: Timestamp, end: Timestamp, margin: i64, jitter: f64) -> Timestamp {
    let half = since.seconds_until(end).max(0) / 2;
    let margin = margin.min(half);
    let spread = margin / 5;
    let start = (end - margin - spread).max(end - half);
    start + (spread as f64 * jitter.clamp(0.0, 1.0)) as i64
}
