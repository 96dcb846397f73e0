//! One Redis that hangs, is full, or is a replica.

use crate::{
    bench::{Note, at, keys, note},
    support::{Redis, until},
};
use oauth_client_helper::store::{Config, Error, Saved, Store, Versioned};
use redis::InfoDict;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const MINUTE: Duration = Duration::from_secs(60);

/// The deadline of a command, and what a busy machine adds.
const DEADLINE: Duration = Duration::from_secs(6);

async fn open(redis: &Redis) -> (Store, TempDir) {
    let folder = TempDir::new().unwrap();
    let config = Config { location: at(&redis.url()), keys: keys("A"), spool: folder.path().join("spool") };
    (Store::open(config).await.unwrap().0, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_is_given_up_on_in_time_and_nothing_that_a_server_gave_is_lost() {
    let redis = Redis::start().await;
    let ((store, _folder), (elsewhere, _other)) = (open(&redis).await, open(&redis).await);
    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    store.put_or_spool(&lease, "mail", &note("old"), 0).await.unwrap();
    redis.freeze();
    let since = Instant::now();
    let error = store.get::<Note>("mail").await.unwrap_err();
    assert!(error.to_string().contains("no answer within 2 seconds"), "{error}");
    assert!(since.elapsed() < DEADLINE, "{:?}", since.elapsed());
    let since = Instant::now();
    assert_eq!(store.put_or_spool(&lease, "mail", &note("new"), 1).await.unwrap(), Saved::Spooled(2));
    assert!(since.elapsed() < 2 * DEADLINE, "{:?}", since.elapsed());
    assert_eq!(store.get("mail").await.unwrap(), Some(Versioned { value: note("new"), version: 2 }));
    redis.thaw();
    // It does then what it was told while it hung: the record is there already, and that is no conflict.
    until(async || store.replay().await.ok().filter(|waiting| *waiting == 0)).await;
    assert_eq!(elsewhere.get("mail").await.unwrap(), Some(Versioned { value: note("new"), version: 2 }));
    assert_eq!(store.spooled().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commands_to_a_redis_that_hangs_do_not_queue_up() {
    let redis = Redis::start().await;
    let (store, _folder) = open(&redis).await;
    redis.freeze();
    let since = Instant::now();
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.get::<Note>("mail").await })
        })
        .collect();
    for task in asking {
        assert!(matches!(task.await.unwrap().unwrap_err(), Error::Unavailable { .. }));
    }
    assert!(since.elapsed() < DEADLINE, "{:?}", since.elapsed());
    redis.thaw();
    until(async || store.get::<Note>("mail").await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_full_or_a_replica_says_so_and_tokens_are_kept_aside() {
    let redis = Redis::start().await;
    let (store, _folder) = open(&redis).await;
    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    store.put_or_spool(&lease, "mail", &note("old"), 0).await.unwrap();

    redis.fill().await;
    assert!(matches!(store.put_if_version("mail", &note("intent"), 1).await.unwrap_err(), Error::Full { .. }));
    assert_eq!(store.put_or_spool(&lease, "mail", &note("two"), 1).await.unwrap(), Saved::Spooled(2));
    assert_eq!(store.get("mail").await.unwrap(), Some(Versioned { value: note("two"), version: 2 }));
    redis.drain().await;
    assert_eq!(store.replay().await.unwrap(), 0);

    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    redis.demote().await;
    assert!(matches!(store.put_if_version("mail", &note("intent"), 2).await.unwrap_err(), Error::ReadOnly { .. }));
    assert_eq!(store.put_or_spool(&lease, "mail", &note("three"), 2).await.unwrap(), Saved::Spooled(3));
    assert_eq!(store.get("mail").await.unwrap(), Some(Versioned { value: note("three"), version: 3 }));
    redis.promote().await;
    assert_eq!(store.replay().await.unwrap(), 0);
    assert_eq!(store.get("mail").await.unwrap(), Some(Versioned { value: note("three"), version: 3 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_disk_of_redis_is_confirmed_where_it_can_say_so() {
    let redis = Redis::start().await;
    let (store, _folder) = open(&redis).await;
    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    let mut connection = redis.connect().await;
    let mut stat = async |name: &str| {
        let info: InfoDict = redis::cmd("INFO").arg("everything").query_async(&mut connection).await.unwrap();
        info.get::<String>(name)
    };
    store.put_or_spool(&lease, "mail", &note("text"), 0).await.unwrap();
    let refused = stat("errorstat_ERR").await;
    for version in 1..5 {
        let saved = store.put_or_spool(&lease, "mail", &note("text"), version).await.unwrap();
        assert_eq!(saved, Saved::Stored(version + 1));
    }
    let version = stat("redis_version").await.unwrap();
    let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
    if numbers >= vec![7, 2] {
        let asked = stat("cmdstat_waitaof").await.unwrap();
        assert!(asked.starts_with("calls=5,"), "each write is confirmed: {asked}");
    } else {
        assert_eq!(stat("errorstat_ERR").await, refused, "what it cannot is asked once and not again");
        assert!(refused.is_some(), "it was asked");
    }
}
