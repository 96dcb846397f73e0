//! What one target was not told yet, and when it is tried again: decisions alone, time is an argument.

use super::{Target, Tried, Verdict};
use crate::app::App;
use crate::flows::Error;
use crate::oauth::event::Event;
use crate::oauth::name::ClientName;
use crate::oauth::timestamp::Timestamp;
use crate::store::{Kind, Record, Versioned};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Seconds before the next attempt, after the first that failed, the second, and so on.
const PAUSES: [u64; 8] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400];
/// Seconds after which an event is no news any more.
const NEWS_FOR_S: i64 = 24 * 3600;
/// Seconds that a number without an event may still be on its way to the store.
const ON_ITS_WAY_S: i64 = 60;
/// Seconds that a receiver can ask us to wait.
const LONGEST_ASKED_S: i64 = 3_600;
/// So many attempts fail in a row before it is told: a receiver may be started anew.
const TOLD_AFTER: u32 = 3;

/// The events that are kept, by their numbers.
pub(super) type Kept = BTreeMap<u64, Event>;

/// Where a target is in the row of kept events. Of clients it holds no name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Queue {
    /// Up to this number every event was told or waits.
    seen: u64,
    waiting: BTreeMap<u64, Waiting>,
    /// When it is worth a look, if nothing new happens.
    pub next_look: Option<Timestamp>,
    pub failing: Option<Row>,
    pub delivered_at: Option<Timestamp>,
    pub given_up: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    attempts: u32,
    due: Timestamp,
}

/// Attempts that failed one after another, whichever event it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub since: Timestamp,
    pub attempts: u32,
    pub why: String,
    /// Until then nothing is tried, because the target was silent.
    pause: Timestamp,
    told: bool,
}

impl Record for Queue {
    const KIND: Kind = Kind::Notification;
}

pub(super) async fn load(app: &App, target: Target) -> Result<Option<Versioned<Queue>>, Error> {
    Ok(app.store.get::<Queue>(target.as_str()).await?)
}

impl Queue {
    /// For a target that was set just now: what happened before is not for it.
    pub fn from(last: u64) -> Self {
        Self { seen: last, ..Self::default() }
    }

    pub fn is_behind(&self, last: u64) -> bool {
        self.seen < last
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes up what came since. A number that holds no event may still be written, so that it holds up those after it,
    /// for a minute at most.
    pub fn take_up(&mut self, last: u64, kept: &Kept, wanted: impl Fn(&Event) -> bool, now: Timestamp) {
        let is_old = |event: &Event| event.at.seconds_until(now) > ON_ITS_WAY_S;
        let oldest = kept.keys().next().copied().unwrap_or(last + 1);
        for number in self.seen.max(oldest.saturating_sub(1)) + 1..=last {
            match kept.get(&number) {
                Some(event) if wanted(event) && event.at.seconds_until(now) <= NEWS_FOR_S => {
                    self.waiting.insert(number, Waiting { attempts: 0, due: now });
                }
                Some(_) => {}
                None if kept.range(number..).any(|(_, later)| is_old(later)) => {}
                None => return,
            }
            self.seen = number;
        }
    }

    /// Drops what was deleted with its client, or never told in a day. How many of the latter.
    pub fn tidy(&mut self, kept: &Kept, now: Timestamp) -> u64 {
        let before = self.waiting.len();
        self.waiting.retain(|number, _| kept.contains_key(number));
        let there = self.waiting.len();
        self.waiting.retain(|number, _| kept[number].at.seconds_until(now) <= NEWS_FOR_S);
        if self.waiting.len() < before {
            tracing::warn!(deleted = before - there, old = there - self.waiting.len(), "events are not told any more");
        }
        let old = (there - self.waiting.len()) as u64;
        self.given_up += old;
        old
    }

    /// Of each client the oldest that waits: what is heard of it is in its order.
    fn heads<'a>(&'a self, kept: &'a Kept) -> impl Iterator<Item = (u64, Timestamp)> + 'a {
        let mut seen: BTreeSet<Option<&ClientName>> = BTreeSet::new();
        self.waiting.iter().filter_map(move |(number, waiting)| {
            let is_head = seen.insert(kept.get(number)?.client.as_ref());
            is_head.then_some((*number, waiting.due))
        })
    }

    /// The next to be told.
    pub fn next(&self, kept: &Kept, now: Timestamp) -> Option<u64> {
        if self.failing.as_ref().is_some_and(|row| row.pause > now) {
            return None;
        }
        self.heads(kept).find(|(_, due)| *due <= now).map(|(number, _)| number)
    }

    /// Writes down when to look again.
    pub fn plan(&mut self, kept: &Kept) {
        let due = self.heads(kept).map(|(_, due)| due).min();
        self.next_look = due.map(|due| self.failing.as_ref().map_or(due, |row| due.max(row.pause)));
    }

    /// Notes an attempt. `jitter` is 0 to 1.
    pub fn tried(&mut self, number: u64, tried: &Tried, now: Timestamp, jitter: f64) {
        if tried.verdict == Verdict::Taken {
            self.waiting.remove(&number);
            (self.failing, self.delivered_at) = (None, Some(now));
            return;
        }
        let row = self.failing.get_or_insert_with(|| Row {
            since: now,
            attempts: 0,
            why: String::new(),
            pause: now,
            told: false,
        });
        row.attempts += 1;
        row.why.clone_from(&tried.said);
        let asked = tried.retry_after.map_or(0, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        let pause = |attempts| now + pause(attempts, jitter).max(asked.min(LONGEST_ASKED_S));
        if tried.verdict == Verdict::Silent {
            row.pause = pause(row.attempts);
        }
        if let Some(waiting) = self.waiting.get_mut(&number) {
            waiting.attempts += 1;
            waiting.due = pause(waiting.attempts);
        }
    }

    /// Why a person should hear that the target hears nothing: once for each row of failures.
    pub fn complaint(&mut self, given_up: u64) -> Option<String> {
        let row = self.failing.as_mut().filter(|row| !row.told && (row.attempts >= TOLD_AFTER || given_up > 0))?;
        row.told = true;
        Some(format!("{} attempts failed; the last: {}", row.attempts, row.why))
    }
}

/// 80 to 120 percent of what stands for so many attempts, so that several instances and targets spread.
fn pause(attempts: u32, jitter: f64) -> i64 {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let jittered = Duration::from_secs(PAUSES[place]).mul_f64(0.8 + 0.4 * jitter);
    let rounded = (jittered + Duration::from_millis(500)).as_secs();
    i64::try_from(rounded).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests;
