//! What was done a short time ago and need not be done again.

use crate::oauth::timestamp::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Names, and until when each counts.
#[derive(Debug, Default)]
pub struct Recently(Mutex<HashMap<String, Timestamp>>);

impl Recently {
    /// Whether the seconds of the last call for `name` are not over yet.
    pub fn counts(&self, name: &str, now: Timestamp) -> bool {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(name).is_some_and(|until| *until > now)
    }

    /// Whether nobody asked for `name` in the last `seconds`. Of several who ask at once, one is the first.
    pub fn is_first(&self, name: &str, seconds: i64, now: Timestamp) -> bool {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not keep a name for longer than it may count.
        let counts = |until: &Timestamp| *until > now && now.seconds_until(*until) <= seconds;
        if names.get(name).is_some_and(counts) {
            return false;
        }
        names.retain(|_, until| *until > now);
        names.insert(name.to_owned(), now + seconds);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_first_again_when_its_time_is_over() {
        let (recently, now) = (Recently::default(), Timestamp(1000));
        assert!(recently.is_first("a", 60, now) && !recently.is_first("a", 60, now + 59));
        assert!(recently.is_first("b", 60, now));
        assert!(recently.counts("a", now + 59) && !recently.counts("a", now + 60));
        assert!(recently.is_first("a", 60, now + 60));
        assert!(recently.is_first("a", 60, now - 100_000), "the clock was set back");
    }
}
