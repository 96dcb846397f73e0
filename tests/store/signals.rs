//! What processes and instances on the same store tell each other.

use crate::bench::Bench;
use oauth_client_helper::store::{Heard, Held, Listener, Store};
use std::time::{Duration, Instant};
use tokio::time::timeout;

const MINUTE: Duration = Duration::from_secs(60);

/// More than enough for an event, and too little for whoever only waits for the end of a lease.
const SOON: Duration = Duration::from_secs(10);

async fn heard(listener: &mut Listener) -> Heard {
    timeout(SOON, listener.next()).await.expect("something is heard")
}

fn announced(text: impl Into<String>) -> Heard {
    Heard::Announced(text.into())
}

pub async fn an_announcement_reaches_every_listener_on_the_store(bench: &Bench) {
    let (one, other) = (bench.store().await, bench.store().await);
    one.announce("before anyone listened").await.unwrap();
    let mut listeners = [one.listen().await, one.listen().await, other.listen().await];
    for text in ["{\"event\":\"refreshed\"}", "Zürich", "of two\nlines"] {
        other.announce(text).await.unwrap();
        for listener in &mut listeners {
            assert_eq!(heard(listener).await, announced(text));
        }
    }
}

pub async fn announcements_come_in_order_and_none_is_lost(bench: &Bench) {
    let (one, other) = (bench.store().await, bench.store().await);
    let mut listener = one.listen().await;
    let padding = "-".repeat(1000);
    let text = |number: u32| format!("{number} {padding}");
    for first in (0..400).step_by(20) {
        for number in first..first + 20 {
            other.announce(&text(number)).await.unwrap();
        }
        for number in first..first + 20 {
            assert_eq!(heard(&mut listener).await, announced(text(number)));
        }
    }
}

pub async fn a_listener_that_is_too_slow_is_told_that_it_missed_something(bench: &Bench) {
    let store = bench.store().await;
    let (mut slow, mut quick) = (store.listen().await, store.listen().await);
    for number in 0..1500 {
        store.announce(&number.to_string()).await.unwrap();
        assert_eq!(heard(&mut quick).await, announced(number.to_string()));
    }
    assert_eq!(heard(&mut slow).await, Heard::Missed);
    assert!(matches!(heard(&mut slow).await, Heard::Announced(_)));
}

/// Takes the lease, lets `waiting` wait for it, gives it back.
async fn hand_over(holding: &Store, waiting: &Store, name: &str) -> Duration {
    let lease = holding.lease(name, MINUTE).await.unwrap().unwrap();
    let waiter = {
        let (store, name) = (waiting.clone(), name.to_owned());
        tokio::spawn(async move {
            store.lease_freed(&name, MINUTE).await.unwrap();
            (Instant::now(), store.lease(&name, MINUTE).await.unwrap().expect("it is free"))
        })
    };
    tokio::task::yield_now().await;
    assert!(!waiter.is_finished());
    let released = Instant::now();
    assert_eq!(lease.release().await.unwrap(), Held::Mine);
    let (woken, next) = timeout(SOON, waiter).await.expect("it is woken").unwrap();
    assert_eq!(next.release().await.unwrap(), Held::Mine);
    woken.saturating_duration_since(released)
}

pub async fn whoever_waits_for_a_lease_is_woken_by_its_release(bench: &Bench) {
    let (one, other) = (bench.store().await, bench.store().await);
    let mut waited = Vec::new();
    for _ in 0..10 {
        waited.push(hand_over(&one, &other, "mail").await);
        waited.push(hand_over(&other, &one, "mail").await);
    }
    waited.sort();
    // Far less than the time after which a waiter looks by itself.
    assert!(waited[10] < Duration::from_millis(500), "{waited:?}");
}

pub async fn a_dead_holder_delays_nobody_longer_than_its_lease(bench: &Bench) {
    let (one, other) = (bench.store().await, bench.store().await);
    let ttl = Duration::from_millis(700);
    let dead = one.lease("mail", ttl).await.unwrap().unwrap();
    let since = Instant::now();
    timeout(SOON, other.lease_freed("mail", MINUTE)).await.unwrap().unwrap();
    assert!(other.lease("mail", MINUTE).await.unwrap().unwrap().fence() > dead.fence());
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

pub async fn waiting_for_a_lease_ends_when_patience_does(bench: &Bench) {
    let store = bench.store().await;
    store.lease_freed("free", MINUTE).await.unwrap();
    let _held = store.lease("mail", MINUTE).await.unwrap().unwrap();
    timeout(SOON, store.lease_freed("mail", Duration::from_millis(50))).await.unwrap().unwrap();
    assert!(store.lease("mail", MINUTE).await.unwrap().is_none());
}

pub async fn a_waiter_is_woken_by_its_name_alone(bench: &Bench) {
    let (one, other) = (bench.store().await, bench.store().await);
    one.listen().await;
    let mut waiter = one.waiter("a").await;
    other.wake("a").await.unwrap();
    waiter.woken(MINUTE).await;
    other.wake("b").await.unwrap();
    let since = Instant::now();
    waiter.woken(Duration::from_secs(1)).await;
    assert!(since.elapsed() >= Duration::from_secs(1), "{:?}", since.elapsed());
}
