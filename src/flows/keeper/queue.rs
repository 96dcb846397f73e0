//! Which grant is next. A pure value: time comes in, names come out.
//!
//! Invariant: a server that is slow holds as many workers as its lane has, never those of another.

use crate::oauth::name::GrantName;
use crate::oauth::timestamp::Timestamp;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// How many may be under way at one server, while it answers as it should.
const PER_LANE: usize = 4;
/// The same while it does not: one finds out when it is well again.
const PER_SLOW_LANE: usize = 1;
/// How many may be under way altogether.
const AT_ONCE: usize = 64;

/// What shares one server: the host of its token endpoint.
pub type Lane = String;

/// Every grant that waits for its time.
#[derive(Debug, Default)]
pub struct Queue {
    by_time: BTreeSet<(Timestamp, GrantName)>,
    entries: HashMap<GrantName, Entry>,
    lanes: HashMap<Lane, State>,
    under_way: HashMap<GrantName, Lane>,
}

#[derive(Debug)]
struct Entry {
    at: Timestamp,
    lane: Lane,
}

#[derive(Debug, Default)]
struct State {
    /// Due, and only waiting for a worker.
    ready: VecDeque<GrantName>,
    under_way: usize,
    is_slow: bool,
}

/// How a server behaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaved {
    Well,
    Badly,
}

impl Queue {
    /// Puts a grant in its place, whether it is there already or not; one that is under way stays out.
    pub fn put(&mut self, name: GrantName, at: Timestamp, lane: Lane) {
        self.remove(&name);
        if !self.under_way.contains_key(&name) {
            self.by_time.insert((at, name.clone()));
            self.entries.insert(name, Entry { at, lane });
        }
    }

    pub fn remove(&mut self, name: &GrantName) {
        let Some(entry) = self.entries.remove(name) else { return };
        if !self.by_time.remove(&(entry.at, name.clone()))
            && let Some(lane) = self.lanes.get_mut(&entry.lane)
        {
            lane.ready.retain(|ready| ready != name);
        }
    }

    /// Forgets all that wait; what is under way goes on.
    pub fn clear(&mut self) {
        self.by_time.clear();
        self.entries.clear();
        self.lanes.values_mut().for_each(|lane| lane.ready.clear());
    }

    /// What is to be started now. Each has to be reported to [`Queue::ended`].
    pub fn start(&mut self, now: Timestamp) -> Vec<GrantName> {
        self.line_up(now);
        let mut started = Vec::new();
        for (name, lane) in &mut self.lanes {
            let most = if lane.is_slow { PER_SLOW_LANE } else { PER_LANE };
            while lane.under_way < most && self.under_way.len() < AT_ONCE {
                let Some(grant) = lane.ready.pop_front() else { break };
                self.entries.remove(&grant);
                lane.under_way += 1;
                self.under_way.insert(grant.clone(), name.clone());
                started.push(grant);
            }
        }
        started
    }

    /// Moves what is due to its server's line, in the order of time.
    fn line_up(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.by_time.first()
            && *at <= now
            && let Some((_, name)) = self.by_time.pop_first()
        {
            if let Some(entry) = self.entries.get(&name) {
                self.lanes.entry(entry.lane.clone()).or_default().ready.push_back(name);
            }
        }
    }

    pub fn ended(&mut self, name: &GrantName, behaved: Behaved) {
        let Some(lane) = self.under_way.remove(name) else { return };
        let Some(state) = self.lanes.get_mut(&lane) else { return };
        state.under_way -= 1;
        state.is_slow = behaved == Behaved::Badly;
        if state.under_way == 0 && state.ready.is_empty() && !state.is_slow {
            self.lanes.remove(&lane);
        }
    }

    /// When the next one is due that is not lined up already.
    pub fn next(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn name(text: &str) -> GrantName {
        text.parse().unwrap()
    }

    fn put(queue: &mut Queue, grant: &str, after: i64, lane: &str) {
        queue.put(name(grant), NOW + after, lane.to_owned());
    }

    fn started(queue: &mut Queue, now: Timestamp) -> Vec<String> {
        let mut names: Vec<_> = queue.start(now).iter().map(|name| name.client.to_string()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_starts_before_its_time_and_everything_at_it() {
        let mut queue = Queue::default();
        put(&mut queue, "b", 20, "one");
        put(&mut queue, "a", 10, "one");
        assert_eq!(queue.next(), Some(NOW + 10));
        assert!(started(&mut queue, NOW + 9).is_empty());
        assert_eq!(started(&mut queue, NOW + 10), ["a"]);
        assert!(started(&mut queue, NOW + 10).is_empty(), "nothing starts twice");
        assert_eq!(queue.next(), Some(NOW + 20));
        assert_eq!(started(&mut queue, NOW + 86_400), ["b"], "after a suspend");
        assert_eq!((queue.next(), queue.len()), (None, 0));
    }

    #[test]
    fn a_new_time_replaces_the_old_one() {
        let mut queue = Queue::default();
        put(&mut queue, "a", 10, "one");
        put(&mut queue, "a", 50, "two");
        assert!(started(&mut queue, NOW + 49).is_empty());
        assert_eq!(started(&mut queue, NOW + 50), ["a"]);
        put(&mut queue, "a", 0, "two");
        assert!(started(&mut queue, NOW + 60).is_empty(), "it is under way");
        queue.ended(&name("a"), Behaved::Well);
        put(&mut queue, "a", 60, "two");
        queue.remove(&name("a"));
        assert!(started(&mut queue, NOW + 99).is_empty());
    }

    #[test]
    fn a_server_that_is_in_trouble_holds_one_worker_and_delays_nobody_else() {
        let mut queue = Queue::default();
        for number in 0..1000 {
            put(&mut queue, &format!("slow{number}"), 0, "slow.example");
        }
        put(&mut queue, "other", 1, "well.example");
        let first = started(&mut queue, NOW);
        assert_eq!(first.len(), PER_LANE);
        assert_eq!(started(&mut queue, NOW + 1), ["other"]);
        for grant in &first {
            queue.ended(&name(grant), Behaved::Badly);
        }
        let one = started(&mut queue, NOW + 31);
        assert_eq!(one.len(), PER_SLOW_LANE);
        queue.ended(&name(&one[0]), Behaved::Well);
        assert_eq!(started(&mut queue, NOW + 32).len(), PER_LANE, "it is well again");
    }

    #[test]
    fn the_earliest_of_a_server_goes_first() {
        let mut queue = Queue::default();
        for number in (0..10).rev() {
            put(&mut queue, &format!("n{number}"), number, "one");
        }
        assert_eq!(started(&mut queue, NOW + 99), ["n0", "n1", "n2", "n3"]);
    }

    #[test]
    fn there_is_an_end_to_what_is_done_at_once() {
        let mut queue = Queue::default();
        for number in 0..500 {
            put(&mut queue, &format!("n{number}"), 0, &format!("{number}.example"));
        }
        assert_eq!(started(&mut queue, NOW).len(), AT_ONCE);
    }

    #[test]
    fn tens_of_thousands_are_no_work_to_look_through() {
        let mut queue = Queue::default();
        for number in 0..50_000 {
            put(&mut queue, &format!("n{number}"), 1000 + number, &format!("{}.example", number % 100));
        }
        let began = std::time::Instant::now();
        for second in 0..1000 {
            assert!(queue.start(NOW + second).is_empty());
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
        assert_eq!(queue.len(), 50_000);
    }

    #[test]
    fn what_was_cleared_does_not_start_and_what_is_under_way_still_ends() {
        let mut queue = Queue::default();
        for number in 0..6 {
            put(&mut queue, &format!("n{number}"), 0, "one");
        }
        assert_eq!(started(&mut queue, NOW).len(), 4);
        queue.clear();
        assert!(started(&mut queue, NOW + 9).is_empty());
        queue.ended(&name("n0"), Behaved::Well);
        assert!(started(&mut queue, NOW + 9).is_empty());
        put(&mut queue, "n0", 9, "one");
        assert_eq!(started(&mut queue, NOW + 9), ["n0"]);
    }
}
