//! What every backend promises.

use crate::bench::{Bench, Note, Slip, note};
use oauth_client_helper::{
    oauth::timestamp::Timestamp,
    store::{Held, Kind, Put, Renamed, Store, Versioned},
};
use std::{future::Future, sync::Arc, time::Duration};

const MINUTE: Duration = Duration::from_secs(60);

/// Runs `task` fifty times at once, with its number.
async fn fifty<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    store: &Store,
    task: impl Fn(Store, u64) -> F,
) -> Vec<T> {
    let running: Vec<_> = (0..50).map(|number| tokio::spawn(task(store.clone(), number))).collect();
    let mut results = Vec::new();
    for task in running {
        results.push(task.await.unwrap());
    }
    results
}

fn soon() -> Timestamp {
    Timestamp::now() + 60
}

pub async fn a_record_comes_back_with_its_version(bench: &Bench) {
    let store = bench.store().await;
    assert_eq!(store.get::<Note>("a").await.unwrap(), None);
    assert_eq!(store.put_if_version("a", &note("one"), 0).await.unwrap(), Put::Stored(1));
    assert_eq!(store.put_if_version("a", &note("two"), 1).await.unwrap(), Put::Stored(2));
    assert_eq!(store.get("a").await.unwrap(), Some(Versioned { value: note("two"), version: 2 }));

    assert_eq!(store.put_until("a", &Slip("one".to_owned()), 0, soon()).await.unwrap(), Put::Stored(1));
    assert_eq!(store.put_until("a", &Slip("two".to_owned()), 1, soon()).await.unwrap(), Put::Stored(2));
    assert_eq!(store.take("a").await.unwrap(), Some(Slip("two".to_owned())));
    assert_eq!(store.take::<Slip>("a").await.unwrap(), None);
    store.ping().await.unwrap();
}

pub async fn a_write_over_another_version_is_a_conflict(bench: &Bench) {
    let store = bench.store().await;
    assert_eq!(store.put_if_version("a", &note("first"), 0).await.unwrap(), Put::Stored(1));
    for stale in [0, 2, 11] {
        assert_eq!(store.put_if_version("a", &note("late"), stale).await.unwrap(), Put::Conflict, "{stale}");
    }
    assert_eq!(store.put_if_version("absent", &note("late"), 1).await.unwrap(), Put::Conflict);
    assert_eq!(store.get("a").await.unwrap(), Some(Versioned { value: note("first"), version: 1 }));
}

pub async fn of_fifty_parallel_writers_one_wins(bench: &Bench) {
    let store = bench.store().await;
    for version in 0..3 {
        let write = move |store: Store, number: u64| async move {
            let mine = note(&number.to_string());
            (store.put_if_version("a", &mine, version).await.unwrap() == Put::Stored(version + 1)).then_some(mine)
        };
        let winners: Vec<Note> = fifty(&store, write).await.into_iter().flatten().collect();
        let stored = store.get::<Note>("a").await.unwrap().unwrap();
        assert_eq!((winners, version + 1), (vec![stored.value], stored.version));
    }
}

pub async fn of_fifty_parallel_takes_one_gets_the_record(bench: &Bench) {
    let store = bench.store().await;
    store.put_until("state", &Slip("verifier".to_owned()), 0, soon()).await.unwrap();
    let take = |store: Store, _| async move { store.take::<Slip>("state").await.unwrap() };
    let taken: Vec<Slip> = fifty(&store, take).await.into_iter().flatten().collect();
    assert_eq!(taken, [Slip("verifier".to_owned())]);
}

pub async fn an_expired_record_is_absent(bench: &Bench) {
    let store = bench.store().await;
    let slip = Slip("late".to_owned());
    for past in [Timestamp::now() - 1, Timestamp(0)] {
        assert_eq!(store.put_until("a", &slip, 0, past).await.unwrap(), Put::Stored(1));
        assert_eq!(store.get::<Slip>("a").await.unwrap(), None);
        assert_eq!(store.take::<Slip>("a").await.unwrap(), None);
        assert_eq!(store.put_until("a", &slip, 1, soon()).await.unwrap(), Put::Conflict);
    }
    assert_eq!(store.put_until("a", &slip, 0, soon()).await.unwrap(), Put::Stored(1));
    assert_eq!(store.put_until("a", &slip, 1, Timestamp(0)).await.unwrap(), Put::Stored(2));
    assert_eq!(store.get::<Slip>("a").await.unwrap(), None);
}

pub async fn a_list_has_one_kind_ordered_by_id(bench: &Bench) {
    let store = bench.store().await;
    assert!(store.list::<Note>().await.unwrap().is_empty());
    for id in ["mail@me@example.com", "b", "a:c", "a"] {
        store.put_if_version(id, &note(id), 0).await.unwrap();
        store.put_until(id, &Slip(id.to_owned()), 0, soon()).await.unwrap();
    }
    let ids: Vec<_> = store.list::<Note>().await.unwrap();
    assert!(ids.iter().all(|(id, record)| *id == record.value.text && record.version == 1));
    assert_eq!(ids.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "a:c", "b", "mail@me@example.com"]);
}

pub async fn a_deleted_record_is_gone(bench: &Bench) {
    let store = bench.store().await;
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    store.put_until("a", &Slip("text".to_owned()), 0, soon()).await.unwrap();
    for kind in [Kind::Grant, Kind::PendingAuthorization] {
        assert!(store.delete(kind, "a").await.unwrap());
        assert!(!store.delete(kind, "a").await.unwrap());
    }
    assert_eq!(store.get::<Note>("a").await.unwrap(), None);
    assert_eq!(store.get::<Slip>("a").await.unwrap(), None);
}

pub async fn a_renamed_record_keeps_its_version(bench: &Bench) {
    let store = bench.store().await;
    store.put_if_version("old", &note("one"), 0).await.unwrap();
    store.put_if_version("old", &note("two"), 1).await.unwrap();
    assert_eq!(store.rename::<Note>("old", "new").await.unwrap(), Renamed::Done);
    assert_eq!(store.get::<Note>("old").await.unwrap(), None);
    assert_eq!(store.get("new").await.unwrap(), Some(Versioned { value: note("two"), version: 2 }));
}

pub async fn a_renaming_never_overwrites(bench: &Bench) {
    let store = bench.store().await;
    store.put_if_version("a", &note("a"), 0).await.unwrap();
    store.put_if_version("b", &note("b"), 0).await.unwrap();
    assert_eq!(store.rename::<Note>("a", "b").await.unwrap(), Renamed::Taken);
    assert_eq!(store.rename::<Note>("a", "a").await.unwrap(), Renamed::Taken);
    assert_eq!(store.rename::<Note>("c", "d").await.unwrap(), Renamed::Missing);
    assert_eq!(store.list::<Note>().await.unwrap().len(), 2);
}

pub async fn a_second_store_sees_what_the_first_wrote(bench: &Bench) {
    let (one, other) = (bench.store().await, bench.store().await);
    let add = |store: Store, number: u64| async move {
        store.put_if_version(&format!("{number:02}"), &note("text"), 0).await.unwrap()
    };
    let (by_one, by_other) = tokio::join!(fifty(&one, add), fifty(&other, add));
    let stored = by_one.iter().chain(&by_other).filter(|put| **put == Put::Stored(1)).count();
    assert_eq!(stored, 50);
    assert_eq!(one.list::<Note>().await.unwrap(), other.list::<Note>().await.unwrap());
}

pub async fn what_is_read_often_is_opened_once_and_never_old(bench: &Bench) {
    let (store, other) = (bench.store().await, bench.store().await);
    let read = async || store.read::<Note>("a").await.unwrap();
    assert!(read().await.is_none());
    other.put_if_version("a", &note("one"), 0).await.unwrap();
    let (first, again) = (read().await.unwrap(), read().await.unwrap());
    assert_eq!((&*first.value, first.version), (&note("one"), 1));
    assert!(Arc::ptr_eq(&first.value, &again.value));
    other.put_if_version("a", &note("two"), 1).await.unwrap();
    assert_eq!(*read().await.unwrap().value, note("two"));
    assert!(other.delete(Kind::Grant, "a").await.unwrap());
    assert!(read().await.is_none());
    // A version says little: what was made again begins at 1 again.
    other.put_if_version("a", &note("three"), 0).await.unwrap();
    assert_eq!(*read().await.unwrap().value, note("three"));
}

pub async fn among_many_readers_each_sees_what_was_written_before_it_asked(bench: &Bench) {
    let (store, other) = (bench.store().await, bench.store().await);
    other.put_if_version("a", &note("0"), 0).await.unwrap();
    let readers: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    store.read::<Note>("a").await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for version in 1..=50 {
        other.put_if_version("a", &note(&version.to_string()), version).await.unwrap();
        let seen = store.read::<Note>("a").await.unwrap().unwrap();
        assert_eq!((seen.version, &seen.value.text), (version + 1, &version.to_string()));
    }
    readers.iter().for_each(tokio::task::JoinHandle::abort);
}

pub async fn a_lease_keeps_others_out_until_released(bench: &Bench) {
    let (one, other) = (bench.store().await, bench.store().await);
    let lease = one.lease("mail", MINUTE).await.unwrap().unwrap();
    assert!(other.lease("mail", MINUTE).await.unwrap().is_none());
    assert!(other.lease("other", MINUTE).await.unwrap().is_some());
    assert_eq!(lease.renew().await.unwrap(), Held::Mine);
    let fence = lease.fence();
    assert_eq!(lease.release().await.unwrap(), Held::Mine);
    assert!(other.lease("mail", MINUTE).await.unwrap().unwrap().fence() > fence);
}

pub async fn of_fifty_parallel_leases_one_is_given(bench: &Bench) {
    let store = bench.store().await;
    let take = |store: Store, _| async move { store.lease("mail", MINUTE).await.unwrap() };
    assert_eq!(fifty(&store, take).await.into_iter().flatten().count(), 1);
}

pub async fn a_lease_that_ran_out_is_taken_over_with_a_greater_fence(bench: &Bench) {
    let store = bench.store().await;
    let late = store.lease("mail", Duration::ZERO).await.unwrap().unwrap();
    let next = store.lease("mail", MINUTE).await.unwrap().unwrap();
    assert!(next.fence() > late.fence());
    assert_eq!(late.renew().await.unwrap(), Held::Lost);
    assert_eq!(late.release().await.unwrap(), Held::Lost);
    assert_eq!(next.renew().await.unwrap(), Held::Mine);
}
