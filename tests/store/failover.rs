//! A Redis of several servers, of which one goes away.

use crate::{
    bench::{Note, Slip, at, keys, note},
    support::{RedisCluster, Sentinels, until},
};
use oauth_client_helper::{
    oauth::timestamp::Timestamp,
    store::{Config, Heard, Held, Put, Saved, Store},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tempfile::TempDir;

const MINUTE: Duration = Duration::from_secs(60);

/// A store with a spool of its own.
struct Instance {
    store: Store,
    _folder: TempDir,
}

impl Instance {
    async fn open(url: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let config = Config { location: at(url), keys: keys("A"), spool: folder.path().join("spool") };
        Self { store: Store::open(config).await.unwrap().0, _folder: folder }
    }
}

/// Renews one record again and again, each time as a refresh does: lease, intent, result. What is said to be kept is
/// counted; that number is what the record must never fall behind.
async fn renew(store: Store, id: String, stop: Arc<AtomicBool>) -> u64 {
    let (name, mut kept) = (format!("refresh:{id}"), 0);
    while !stop.load(Relaxed) {
        let Ok(Some(lease)) = store.lease(&name, Duration::from_secs(2)).await else {
            let _ = store.lease_freed(&name, Duration::from_millis(500)).await;
            continue;
        };
        if let Ok(Some(count)) = renewed(&store, &lease, &id).await {
            assert!(count > kept, "{id}: {count} was given after {kept}");
            kept = count;
        }
        let _ = lease.release().await;
    }
    kept
}

async fn renewed(store: &Store, lease: &oauth_client_helper::store::Lease, id: &str) -> Result<Option<u64>, ()> {
    let found = store.get::<Note>(id).await.map_err(drop)?;
    let (count, version) = found.map_or((0, 0), |found| (found.value.text.parse::<u64>().unwrap(), found.version));
    let Ok(Put::Stored(version)) = store.put_if_version(id, &note(&count.to_string()), version).await else {
        return Ok(None);
    };
    let next = note(&(count + 1).to_string());
    match store.put_or_spool(lease, id, &next, version).await.map_err(drop)? {
        Saved::Stored(_) | Saved::Spooled(_) => Ok(Some(count + 1)),
        Saved::Conflict => Ok(None),
    }
}

/// Several instances renew several records while `fault` happens. Afterwards nothing that was kept may be gone.
async fn nothing_kept_is_lost(url: &str, records: usize, fault: impl AsyncFnOnce()) {
    let instances = [Instance::open(url).await, Instance::open(url).await];
    let stop = Arc::new(AtomicBool::new(false));
    let replaying: Vec<_> = instances
        .iter()
        .map(|instance| {
            let store = instance.store.clone();
            tokio::spawn(async move { store.keep_replaying().await })
        })
        .collect();
    let renewing: Vec<_> = (0..records)
        .map(|number| {
            let store = instances[number % 2].store.clone();
            tokio::spawn(renew(store, format!("grant-{number}"), Arc::clone(&stop)))
        })
        .collect();
    fault().await;
    stop.store(true, Relaxed);
    let mut kept = Vec::new();
    for task in renewing {
        kept.push(task.await.unwrap());
    }
    let brought = async || {
        let left = instances.iter().map(|instance| instance.store.spooled().unwrap()).sum::<usize>();
        (left == 0).then_some(())
    };
    until(brought).await;
    replaying.iter().for_each(|task| task.abort());
    let elsewhere = Instance::open(url).await.store;
    for (number, kept) in kept.into_iter().enumerate() {
        let found = elsewhere.get::<Note>(&format!("grant-{number}")).await.unwrap().unwrap();
        let count: u64 = found.value.text.parse().unwrap();
        assert!(kept > 0 && count >= kept, "grant-{number} is at {count}, though {kept} was kept");
    }
}

/// Waits until a write succeeds: the failover is over for this store.
async fn takes_writes(store: &Store, id: &str) {
    until(async || {
        let version = store.get::<Note>(id).await.ok()?.map_or(0, |found| found.version);
        let put = store.put_if_version(id, &note("text"), version).await;
        matches!(put, Ok(Put::Stored(_))).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_behind_sentinels_follows_the_primary() {
    let sentinels = Sentinels::start(1).await;
    let store = Instance::open(&sentinels.url()).await.store;
    let mut listener = store.listen().await;
    for round in 0..2 {
        takes_writes(&store, "mail").await;
        store.announce("before").await.unwrap();
        assert_eq!(listener.next().await, Heard::Announced("before".to_owned()));
        let old = sentinels.primary().await;
        let new = sentinels.fail_over().await;
        assert_ne!(old, new, "round {round}");
        takes_writes(&store, "mail").await;
        assert_eq!(listener.next().await, Heard::Missed);
    }
    assert!(format!("{store:?}").contains("main"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_is_killed_under_load_costs_nothing_that_was_kept() {
    let mut sentinels = Sentinels::start(1).await;
    let url = sentinels.url();
    nothing_kept_is_lost(&url, 6, async || {
        let probe = Instance::open(&url).await.store;
        takes_writes(&probe, "probe").await;
        let old = sentinels.primary().await;
        sentinels.servers[old].kill();
        sentinels.another_than(old).await;
        takes_writes(&probe, "probe").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_hangs_under_load_and_comes_back_costs_nothing_that_was_kept() {
    let sentinels = Sentinels::start(1).await;
    let url = sentinels.url();
    nothing_kept_is_lost(&url, 6, async || {
        let probe = Instance::open(&url).await.store;
        takes_writes(&probe, "probe").await;
        let old = sentinels.primary().await;
        sentinels.servers[old].freeze();
        sentinels.another_than(old).await;
        takes_writes(&probe, "probe").await;
        sentinels.servers[old].thaw();
        // It hears that it is a replica now, and forgets what only it had.
        until(async || sentinels.servers[old].info("role").await.filter(|role| role == "slave")).await;
        takes_writes(&probe, "probe").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_hangs_leaves_tokens_kept_aside_until_it_confirms() {
    let sentinels = Sentinels::start(1).await;
    let store = Instance::open(&sentinels.url()).await.store;
    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    assert_eq!(store.put_or_spool(&lease, "mail", &note("one"), 0).await.unwrap(), Saved::Stored(1));
    let replica = 1 - sentinels.primary().await;
    sentinels.servers[replica].freeze();
    assert_eq!(store.put_or_spool(&lease, "mail", &note("two"), 1).await.unwrap(), Saved::Spooled(2));
    assert_eq!(store.spooled().unwrap(), 1);
    assert_eq!(store.get::<Note>("mail").await.unwrap().unwrap().version, 2);
    assert_eq!(store.replay().await.unwrap(), 1, "still nobody confirms it");
    sentinels.servers[replica].thaw();
    until(async || store.replay().await.ok().filter(|waiting| *waiting == 0)).await;
    assert_eq!(store.spooled().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_that_know_no_such_service_are_named() {
    let sentinels = Sentinels::start(0).await;
    let folder = TempDir::new().unwrap();
    let url = sentinels.url().replace("/main", "/other");
    let config = Config { location: at(&url), keys: keys("A"), spool: folder.path().join("spool") };
    let error = Store::open(config).await.unwrap_err().to_string();
    assert!(error.contains("service other") && error.contains("service name"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_a_cluster_keeps_all_its_promises_on_several_servers() {
    let cluster = RedisCluster::start(0).await;
    let (one, other) = (Instance::open(&cluster.url()).await.store, Instance::open(&cluster.url()).await.store);
    let mut listener = other.listen().await;
    for number in 0..30 {
        let id = format!("{number:02}");
        assert_eq!(one.put_if_version(&id, &note(&id), 0).await.unwrap(), Put::Stored(1));
        one.put_until(&id, &Slip(id.clone()), 0, Timestamp::now() + 60).await.unwrap();
        assert_eq!(other.take::<Slip>(&id).await.unwrap(), Some(Slip(id.clone())));
        assert_eq!(one.take::<Slip>(&id).await.unwrap(), None);
        let lease = one.lease(&id, MINUTE).await.unwrap().unwrap();
        assert!(other.lease(&id, MINUTE).await.unwrap().is_none());
        assert_eq!(other.put_or_spool(&lease, &id, &note("next"), 1).await.unwrap(), Saved::Stored(2));
        let waiting = tokio::spawn({
            let (store, id) = (other.clone(), id.clone());
            async move { store.lease_freed(&id, MINUTE).await }
        });
        assert_eq!(lease.release().await.unwrap(), Held::Mine);
        waiting.await.unwrap().unwrap();
        one.announce(&id).await.unwrap();
        assert_eq!(listener.next().await, Heard::Announced(id));
    }
    assert_eq!(other.list::<Note>().await.unwrap().len(), 30);
    let keys = async |server: usize| cluster.servers[server].info("db0").await.unwrap_or_default();
    assert!(!keys(0).await.is_empty() && !keys(1).await.is_empty() && !keys(2).await.is_empty());
    one.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_primary_that_is_killed_under_load_costs_nothing_that_was_kept() {
    let mut cluster = RedisCluster::start(1).await;
    let url = cluster.url();
    nothing_kept_is_lost(&url, 6, async || {
        let probe = Instance::open(&url).await.store;
        takes_writes(&probe, "probe").await;
        let old = cluster.primary_of("oauth_client:grant").await;
        cluster.servers[old].kill();
        takes_writes(&probe, "probe").await;
        assert_ne!(cluster.primary_of("oauth_client:grant").await, old);
    })
    .await;
}
