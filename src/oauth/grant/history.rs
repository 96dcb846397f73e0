//! How the last refreshes of a grant went.

use crate::oauth::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many are kept.
const LONGEST: usize = 20;
/// Most characters of an error that are kept with each.
const LONGEST_ERROR: usize = 200;

/// The last refreshes, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(Vec<Attempt>);

/// One authorization or refresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Authorized,
    Refreshed,
    /// It may pass.
    Failed,
    /// The server confirmed that the grant is over.
    Ended,
}

impl Outcome {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Authorized => "authorized",
            Outcome::Refreshed => "refreshed",
            Outcome::Failed => "failed",
            Outcome::Ended => "ended",
        }
    }
}

impl Attempt {
    pub fn new(at: Timestamp, took: Duration, outcome: Outcome, error: Option<&str>) -> Self {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let error = error.map(|error| error.chars().take(LONGEST_ERROR).collect());
        Self { at, took_ms, outcome, error }
    }
}

impl History {
    pub fn push(&mut self, attempt: Attempt) {
        self.0.insert(0, attempt);
        self.0.truncate(LONGEST);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Attempt> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_grow_for_ever_and_the_newest_is_first() {
        let mut history = History::default();
        for at in 0..50 {
            let error = "é".repeat(1000);
            history.push(Attempt::new(Timestamp(at), Duration::from_millis(7), Outcome::Failed, Some(&error)));
        }
        assert_eq!(history.iter().count(), LONGEST);
        let newest = history.iter().next().unwrap();
        assert_eq!((newest.at, newest.took_ms), (Timestamp(49), 7));
        assert_eq!(newest.error.as_ref().unwrap().chars().count(), LONGEST_ERROR);
    }
}
