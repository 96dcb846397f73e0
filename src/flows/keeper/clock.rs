//! Notices that the clock was set, or that the machine slept.

use crate::oauth::timestamp::Timestamp;
use std::time::{Duration, Instant};

/// Seconds by which the clock may be off what has passed.
const LARGEST_DRIFT_S: i64 = 30;

/// The time on the wall beside the time that passes.
#[derive(Debug)]
pub struct Clock {
    wall: Timestamp,
    steady: Instant,
}

impl Clock {
    pub fn new(wall: Timestamp, steady: Instant) -> Self {
        Self { wall, steady }
    }

    /// Whether the clock has jumped since this was last asked.
    pub fn has_jumped(&mut self, wall: Timestamp, steady: Instant) -> bool {
        let passed = steady.saturating_duration_since(self.steady).max(Duration::ZERO).as_secs();
        let shown = self.wall.seconds_until(wall);
        *self = Self { wall, steady };
        shown.abs_diff(i64::try_from(passed).unwrap_or(i64::MAX)) > LARGEST_DRIFT_S.unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_of_a_day_is_noticed_once_in_either_direction() {
        let (now, began) = (Timestamp(1_800_000_000), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        for jump in [86_400, -86_400, 31, -31] {
            let mut clock = Clock::new(now, began);
            assert!(!clock.has_jumped(now + 10, after(10)));
            assert!(clock.has_jumped(now + 20 + jump, after(20)), "{jump}");
            assert!(!clock.has_jumped(now + 30 + jump, after(30)), "{jump}");
        }
    }

    #[test]
    fn a_clock_that_is_adjusted_a_little_has_not_jumped() {
        let (now, began) = (Timestamp(1_800_000_000), Instant::now());
        let mut clock = Clock::new(now, began);
        assert!(!clock.has_jumped(now + 31, began + Duration::from_secs(30)));
        assert!(!clock.has_jumped(now + 59, began + Duration::from_secs(60)));
    }
}
