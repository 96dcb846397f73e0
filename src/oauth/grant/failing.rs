//! A row of refreshes that went wrong in a way that may pass, and who may try again when.
//!
//! Invariant: a server that is in trouble is not stormed, whoever asks; a person who presses the button is never put off.

use super::LEEWAY_S;
use crate::oauth::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Seconds between the first failure of a row and the next try of its own accord; doubled with each further one.
const FIRST_PAUSE_S: i64 = 15;
const LONGEST_PAUSE_S: i64 = 3600;
/// The longest wait that a server may ask for (RFC 9110 §10.2.3).
const LONGEST_ASKED_S: i64 = 86_400;
/// Seconds between two tries for the sake of scripts that have no valid token.
const SCRIPT_PAUSE_S: i64 = 10;
/// The same where the server does not accept the client: it may lock out who comes too often.
const CLIENT_PAUSE_S: i64 = 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// When the first of the row failed.
    pub since: Timestamp,
    /// What went wrong last.
    pub error: String,
    pub cause: Cause,
    /// How many there were in a row.
    pub tries: u32,
    /// When the last one ended.
    pub tried_at: Timestamp,
    /// When the background tries again; `None`: not before the definition changes.
    pub next_try_at: Option<Timestamp>,
    /// Until when the server wants to be left alone.
    pub asked_to_wait_until: Option<Timestamp>,
    /// Names the definition and the secrets that it was tried with: others are tried at once.
    pub tried_with: String,
}

/// Where the fault lies, and so who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The server or the way to it: it passes by itself.
    Server,
    /// The server refused this request.
    Refusal,
    /// The server does not accept the client (`invalid_client`, `unauthorized_client`): its secret has to be mended.
    Client,
    /// Nothing could be asked: the definition has to be mended.
    Definition,
}

impl Cause {
    /// For whoever may know that it fails, but not what a server said.
    pub const fn in_our_words(self) -> &'static str {
        match self {
            Self::Server => "the authorization server could not be asked, or has a problem of its own",
            Self::Refusal => "the authorization server refused",
            Self::Client => {
                "the authorization server does not accept the client: its secret or its key has to be mended"
            }
            Self::Definition => "the definition has to be mended",
        }
    }
}

/// One refresh that went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    pub error: String,
    pub cause: Cause,
    /// Seconds that the server asked to wait.
    pub retry_after: Option<u64>,
    pub tried_with: String,
}

/// Who wants a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Someone who asked for this very refresh.
    Person,
    /// A script that has no valid token otherwise.
    InNeed,
    /// Nobody is in need: the background, or a script whose token is still valid.
    Background,
}

impl Failing {
    /// The row after one more failure. `jitter`: 0 to 1, so that many grants do not come back at the same moment.
    pub fn after(before: Option<&Failing>, now: Timestamp, failure: Failure, jitter: f64) -> Self {
        let tries = before.map_or(0, |row| row.tries).saturating_add(1);
        let asked = failure.retry_after.and_then(|seconds| i64::try_from(seconds).ok());
        let asked = failure.retry_after.map(|_| now + asked.unwrap_or(LONGEST_ASKED_S).min(LONGEST_ASKED_S));
        let next = now + pause(tries, jitter);
        let next = asked.map_or(next, |asked| next.max(asked));
        Self {
            since: before.map_or(now, |row| row.since),
            error: failure.error,
            cause: failure.cause,
            tries,
            tried_at: now,
            next_try_at: (failure.cause != Cause::Client).then_some(next),
            asked_to_wait_until: asked,
            tried_with: failure.tried_with,
        }
    }

    /// Whether to try again now, with what `with` names.
    pub fn may_try(&self, asker: Asker, with: &str, now: Timestamp) -> bool {
        let clock_was_set_back = now < self.tried_at - LEEWAY_S;
        self.tried_with != with || clock_was_set_back || self.next_for(asker).is_some_and(|at| at <= now)
    }

    /// When `asker` may try again with the same definition; `None`: not at all.
    pub fn next_for(&self, asker: Asker) -> Option<Timestamp> {
        match asker {
            Asker::Person => Some(self.tried_at),
            Asker::InNeed => {
                let pause = if self.cause == Cause::Client { CLIENT_PAUSE_S } else { SCRIPT_PAUSE_S };
                let own = self.tried_at + pause;
                Some(self.asked_to_wait_until.map_or(own, |asked| asked.max(own)))
            }
            Asker::Background => self.next_try_at,
        }
    }
}

/// Half of it is certain, the other half up to `jitter`.
fn pause(tries: u32, jitter: f64) -> i64 {
    let doubled = FIRST_PAUSE_S.saturating_mul(1 << (tries - 1).min(20)).min(LONGEST_PAUSE_S);
    (doubled as f64 * (0.5 + 0.5 * jitter.clamp(0.0, 1.0))).ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn failure(cause: Cause, retry_after: Option<u64>) -> Failure {
        Failure { error: "x".to_owned(), cause, retry_after, tried_with: "v1".to_owned() }
    }

    fn first(cause: Cause, retry_after: Option<u64>) -> Failing {
        Failing::after(None, NOW, failure(cause, retry_after), 1.0)
    }

    #[test]
    fn the_pause_doubles_up_to_an_hour_and_no_two_are_alike() {
        let mut row: Option<Failing> = None;
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let next = Failing::after(row.as_ref(), NOW, failure(Cause::Server, None), 1.0);
            pauses.push(NOW.seconds_until(next.next_try_at.unwrap()));
            row = Some(next);
        }
        assert_eq!(pauses[..5], [15, 30, 60, 120, 240]);
        assert_eq!(pauses[9..], [3600, 3600, 3600]);
        let spread = [0.0, 0.5, 1.0].map(|jitter| pause(9, jitter));
        assert_eq!(spread, [1800, 2700, 3600]);
        assert_eq!(row.unwrap().tries, 12);
    }

    #[test]
    fn a_server_that_asks_for_patience_gets_it_from_all_but_a_person() {
        let busy = first(Cause::Server, Some(600));
        for (asker, at) in [(Asker::Person, 0), (Asker::InNeed, 600), (Asker::Background, 600)] {
            assert_eq!(busy.next_for(asker), Some(NOW + at), "{asker:?}");
            assert!(busy.may_try(asker, "v1", NOW + at) && (at == 0 || !busy.may_try(asker, "v1", NOW + at - 1)));
        }
        let for_ever = first(Cause::Server, Some(u64::MAX));
        assert_eq!(for_ever.next_try_at, Some(NOW + LONGEST_ASKED_S));
    }

    #[test]
    fn who_has_no_token_waits_for_seconds_and_not_for_the_background() {
        let row = (0..9).fold(None, |row: Option<Failing>, _| {
            Some(Failing::after(row.as_ref(), NOW, failure(Cause::Server, None), 1.0))
        });
        let row = row.unwrap();
        assert!(!row.may_try(Asker::InNeed, "v1", NOW + 9) && row.may_try(Asker::InNeed, "v1", NOW + 10));
        assert!(!row.may_try(Asker::Background, "v1", NOW + 3599) && row.may_try(Asker::Background, "v1", NOW + 3600));
    }

    #[test]
    fn a_client_that_is_not_accepted_waits_for_its_definition() {
        let refused = first(Cause::Client, None);
        assert_eq!(refused.next_try_at, None);
        assert!(!refused.may_try(Asker::Background, "v1", NOW + 1_000_000));
        assert!(refused.may_try(Asker::Background, "v2", NOW), "a new secret is tried at once");
        assert!(!refused.may_try(Asker::InNeed, "v1", NOW + 59) && refused.may_try(Asker::InNeed, "v1", NOW + 60));
    }

    #[test]
    fn a_clock_that_is_set_back_by_a_day_keeps_nobody_waiting() {
        let row = first(Cause::Server, None);
        assert!(row.may_try(Asker::Background, "v1", NOW - 86_400));
        assert!(!row.may_try(Asker::Background, "v1", NOW - 30), "a little is no jump");
    }
}
