use super::*;
use crate::oauth::event::EventKind;

const NOW: Timestamp = Timestamp(1_000_000);

fn event(client: &str, at: Timestamp) -> Event {
    Event::of_client(EventKind::Failing, &client.parse().unwrap(), at)
}

fn kept<const N: usize>(clients: [&str; N]) -> Kept {
    (1..).zip(clients).map(|(number, client)| (number, event(client, NOW))).collect()
}

fn queue(kept: &Kept) -> Queue {
    let mut queue = Queue::from(0);
    queue.take_up(*kept.keys().last().unwrap(), kept, |_| true, NOW);
    queue
}

fn look(queue: &mut Queue, kept: &Kept) -> Option<Timestamp> {
    queue.plan(kept);
    queue.next_look
}

fn tried(verdict: Verdict) -> Tried {
    Tried { verdict, said: "it answered with HTTP status 500".to_owned(), answer: String::new(), retry_after: None }
}

#[test]
fn the_events_of_a_client_are_told_in_their_order_and_hold_up_no_other_client() {
    let kept = kept(["a", "a", "b"]);
    let mut queue = queue(&kept);
    assert_eq!(queue.next(&kept, NOW), Some(1));
    queue.tried(1, &tried(Verdict::Refused), NOW, 0.5);
    assert_eq!(queue.next(&kept, NOW), Some(3), "b does not wait for a");
    queue.tried(3, &tried(Verdict::Taken), NOW, 0.5);
    assert_eq!(queue.next(&kept, NOW), None, "the second of a waits for the first");
    assert_eq!(look(&mut queue, &kept), Some(NOW + 5));
    assert_eq!(queue.next(&kept, NOW + 5), Some(1));
    queue.tried(1, &tried(Verdict::Taken), NOW + 5, 0.5);
    assert_eq!(queue.next(&kept, NOW + 5), Some(2));
}

#[test]
fn a_target_that_is_silent_is_left_alone_for_a_while_that_grows() {
    let kept = kept(["a", "b"]);
    let mut queue = queue(&kept);
    let mut now = NOW;
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let number = queue.next(&kept, now).unwrap();
        queue.tried(number, &tried(Verdict::Silent), now, 0.5);
        assert_eq!(queue.next(&kept, now), None, "nor is it asked to take another");
        let next = queue.failing.as_ref().unwrap().pause;
        pauses.push(now.seconds_until(next));
        now = next.max(look(&mut queue, &kept).unwrap());
    }
    assert_eq!(pauses, [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 14_400]);
}

#[test]
fn pauses_are_spread_and_what_the_receiver_asks_for_is_heeded() {
    assert_eq!((pause(1, 0.0), pause(1, 1.0), pause(3, 0.0), pause(3, 1.0)), (4, 6, 96, 144));
    let kept = kept(["a"]);
    let mut queue = queue(&kept);
    queue.tried(1, &Tried { retry_after: Some(300), ..tried(Verdict::Silent) }, NOW, 0.5);
    assert_eq!(look(&mut queue, &kept), Some(NOW + 300));
    queue.tried(1, &Tried { retry_after: Some(u64::MAX / 4), ..tried(Verdict::Silent) }, NOW, 0.5);
    assert_eq!(look(&mut queue, &kept), Some(NOW + 3_600), "no longer than an hour");
}

#[test]
fn what_was_not_told_in_a_day_is_given_up_and_that_is_told_once() {
    let kept = kept(["a", "b"]);
    let mut queue = queue(&kept);
    queue.tried(1, &tried(Verdict::Silent), NOW, 0.5);
    assert_eq!((queue.tidy(&kept, NOW + NEWS_FOR_S), queue.complaint(0)), (0, None));
    assert_eq!(queue.tidy(&kept, NOW + NEWS_FOR_S + 1), 2);
    assert!(queue.complaint(2).unwrap().contains("HTTP status 500"));
    assert_eq!((queue.complaint(2), queue.given_up, queue.waiting()), (None, 2, 0));
}

#[test]
fn a_row_of_failures_is_told_at_the_third_and_a_new_row_again() {
    let kept = kept(["a", "a"]);
    let mut queue = queue(&kept);
    let fail = |queue: &mut Queue| {
        queue.tried(1, &tried(Verdict::Silent), NOW, 0.5);
        queue.complaint(0).is_some()
    };
    assert_eq!([(); 4].map(|()| fail(&mut queue)), [false, false, true, false]);
    queue.tried(2, &tried(Verdict::Taken), NOW, 0.5);
    assert_eq!([(); 4].map(|()| fail(&mut queue)), [false, false, true, false]);
}

#[test]
fn a_number_that_is_still_being_written_holds_up_the_later_ones_for_a_minute() {
    let mut kept = kept(["a", "b", "c"]);
    let late = kept.remove(&2).unwrap();
    let mut queue = queue(&kept);
    assert_eq!((queue.waiting(), queue.is_behind(3)), (1, true));
    let mut given_up = queue.clone();
    given_up.take_up(3, &kept, |_| true, NOW + ON_ITS_WAY_S + 1);
    assert_eq!((given_up.waiting(), given_up.is_behind(3)), (2, false));
    kept.insert(2, late);
    queue.take_up(3, &kept, |_| true, NOW + 1);
    assert_eq!((queue.waiting(), queue.is_behind(3)), (3, false));
}

#[test]
fn it_begins_with_what_happens_next_and_skips_what_was_overwritten_is_old_or_not_wanted() {
    let mut kept = Kept::from([(2_001, event("a", NOW - NEWS_FOR_S - 1)), (2_002, event("a", NOW))]);
    kept.insert(2_003, Event::new(EventKind::LoginFailed, NOW));
    let mut queue = Queue::from(5);
    queue.take_up(2_003, &kept, |event| event.event == EventKind::Failing, NOW);
    assert_eq!((queue.next(&kept, NOW), queue.waiting(), queue.is_behind(2_003)), (Some(2_002), 1, false));
    assert!(!Queue::from(2_003).is_behind(2_003));
}

#[test]
fn events_of_a_deleted_client_are_dropped_and_not_counted_as_given_up() {
    let kept = kept(["a", "b"]);
    let mut queue = queue(&kept);
    let left = Kept::from([(2, event("b", NOW))]);
    assert_eq!(queue.tidy(&left, NOW), 0);
    assert_eq!((queue.waiting(), queue.given_up, queue.next(&left, NOW)), (1, 0, Some(2)));
}
