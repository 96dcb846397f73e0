//! What is special about Redis.

use crate::bench::{Bench, Note, PREFIX, Slip, at, free_port, note};
use oauth_client_helper::{
    oauth::{secret::Secret, timestamp::Timestamp},
    store::{Error, Eviction, Heard, Held, Location, Put, Versioned, Warning},
};
use redis::Commands;
use std::{fs, future::poll_fn, task::Poll, time::Duration};
use tokio::time::timeout;

fn accepting(location: &Location) -> Location {
    let Location::Redis { url, prefix, ca_file, .. } = location.clone() else { panic!("not Redis") };
    Location::Redis { url, prefix, ca_file, eviction: Eviction::Accepted }
}

#[tokio::test]
async fn an_evicting_server_is_refused_unless_allowed() {
    let mut bench = Bench::redis(&["--maxmemory-policy", "allkeys-lru"]);
    let error = bench.open("A").await.unwrap_err();
    assert!(error.to_string().contains("allkeys-lru") && error.to_string().contains("noeviction"), "{error}");
    bench.location = accepting(&bench.location);
    let (_, warnings) = bench.open("A").await.unwrap();
    assert!(matches!(&warnings[..], [Warning::Evicting { policy, .. }] if policy == "allkeys-lru"), "{warnings:?}");
}

#[tokio::test]
async fn a_server_that_forgets_or_hides_its_configuration_is_warned_of() {
    assert_eq!(Bench::redis(&[]).open("A").await.unwrap().1, []);
    assert_eq!(Bench::redis(&["--appendonly", "no", "--save", "60 1"]).open("A").await.unwrap().1, []);

    let forgets = Bench::redis(&["--appendonly", "no"]);
    assert!(matches!(forgets.open("A").await.unwrap().1[..], [Warning::NotPersistent { .. }]));

    let hides = Bench::redis(&["--rename-command", "CONFIG", ""]);
    assert!(matches!(hides.open("A").await.unwrap().1[..], [Warning::ConfigBlocked { .. }]));

    let hides_that_it_evicts = Bench::redis(&["--rename-command", "CONFIG", "", "--maxmemory-policy", "volatile-ttl"]);
    assert!(matches!(hides_that_it_evicts.open("A").await.unwrap_err(), Error::Evicting { .. }));
}

#[tokio::test]
async fn the_first_command_after_a_drop_succeeds() {
    let bench = Bench::redis(&[]);
    let store = bench.store().await;
    for version in 0..3 {
        bench.redis.as_ref().unwrap().tell("CLIENT KILL TYPE normal");
        assert_eq!(store.put_if_version("a", &note("text"), version).await.unwrap(), Put::Stored(version + 1));
    }
}

/// On one thread, which hears an answer only once it has let many ask.
#[tokio::test]
async fn those_who_read_one_record_at_once_share_commands() {
    let bench = Bench::redis(&[]);
    let store = bench.store().await;
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    let server = bench.redis.as_ref().unwrap();
    server.tell("CONFIG RESETSTAT");
    let readers: Vec<_> = (0..200)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.read::<Note>("a").await.unwrap().unwrap().version })
        })
        .collect();
    // One who goes away takes nobody along.
    readers[0].abort();
    for reader in readers.into_iter().skip(1) {
        assert_eq!(reader.await.unwrap(), 1);
    }
    let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut server.connection()).unwrap();
    let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_hget:calls=")?.split(',').next()).unwrap();
    assert!(calls.parse::<u32>().unwrap() < 20, "{stats}");
    assert_eq!(store.read::<Note>("a").await.unwrap().unwrap().version, 1);
}

#[test]
fn a_store_can_be_asked_after_the_runtime_ended_in_which_it_was() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bench = Bench::redis(&[]);
    let first = runtime();
    let store = first.block_on(async {
        let store = bench.store().await;
        store.put_if_version("a", &note("text"), 0).await.unwrap();
        store
    });
    let mut asking = Box::pin(store.read::<Note>("a"));
    // It asks, and the runtime ends before anything is sent.
    let asked = poll_fn(|context| Poll::Ready(asking.as_mut().poll(context)));
    assert!(first.block_on(asked).is_pending());
    drop(first);
    let soon = Duration::from_secs(20);
    let error = runtime().block_on(async { timeout(soon, asking).await.unwrap().unwrap_err() });
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    let found = runtime().block_on(async { timeout(soon, store.read::<Note>("a")).await.unwrap() });
    assert_eq!(found.unwrap().unwrap().version, 1);
}

#[tokio::test]
async fn other_programs_hear_announcements_on_the_events_channel() {
    let bench = Bench::redis(&[]);
    let store = bench.store().await;
    let mut connection = bench.redis.as_ref().unwrap().connection();
    let mut channel = connection.as_pubsub();
    channel.subscribe(format!("{PREFIX}events")).unwrap();
    store.announce("{}").await.unwrap();
    assert_eq!(channel.get_message().unwrap().get_payload::<String>().unwrap(), "{}");
}

#[tokio::test]
async fn a_listener_whose_connection_was_lost_hears_so_and_goes_on() {
    let bench = Bench::redis(&[]);
    let store = bench.store().await;
    let mut listener = store.listen().await;
    for text in ["one", "two"] {
        bench.redis.as_ref().unwrap().tell("CLIENT KILL TYPE pubsub");
        assert_eq!(listener.next().await, Heard::Missed);
        store.announce(text).await.unwrap();
        assert_eq!(listener.next().await, Heard::Announced(text.to_owned()));
    }
}

#[tokio::test]
async fn a_user_without_channels_still_hands_leases_over() {
    let mut bench = Bench::redis(&[]);
    let server = bench.redis.as_ref().unwrap();
    server.tell("ACL SETUSER narrow on >word ~oauth_client:* resetchannels +@all");
    bench.location = at(&format!("redis://narrow:word@127.0.0.1:{}", server.port));
    let (one, other) = (bench.store().await, bench.store().await);
    let lease = one.lease("mail", Duration::from_secs(60)).await.unwrap().unwrap();
    let waiter = tokio::spawn(async move { other.lease_freed("mail", Duration::from_secs(60)).await });
    assert_eq!(lease.release().await.unwrap(), Held::Mine);
    timeout(Duration::from_secs(20), waiter).await.expect("it looks by itself").unwrap().unwrap();
    assert!(matches!(one.announce("{}").await.unwrap_err(), Error::Denied { .. }));
}

#[tokio::test]
async fn a_kept_kind_is_one_hash_and_a_passing_record_has_a_time_to_live() {
    let bench = Bench::redis(&[]);
    let store = bench.store().await;
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    store.put_until("a", &Slip("text".to_owned()), 0, Timestamp::now() + 60).await.unwrap();
    let mut connection = bench.redis.as_ref().unwrap().connection();
    let mut keys: Vec<String> = connection.keys("*").unwrap();
    keys.sort();
    let hash = keys[2].strip_prefix(&format!("{PREFIX}pending_authorization:")).unwrap();
    assert_eq!(keys[..2], [format!("{PREFIX}canary"), format!("{PREFIX}grant")]);
    assert_eq!(hash.len(), 64);
    let lives: i64 = connection.pttl(&keys[2]).unwrap();
    assert!((1..=60_000).contains(&lives), "{lives}");
}

#[tokio::test]
async fn a_value_without_its_version_is_not_taken_for_an_absent_one() {
    let bench = Bench::redis(&[]);
    let store = bench.store().await;
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    bench.set_raw("a", b"nonsense");
    assert!(matches!(store.get::<Note>("a").await.unwrap_err(), Error::Damaged { .. }));
    assert_eq!(store.put_if_version("a", &note("text"), 0).await.unwrap(), Put::Conflict);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_says_why_and_still_reads() {
    let bench = Bench::redis(&[]);
    let (store, server) = (bench.store().await, bench.redis.as_ref().unwrap());
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    let stored = Some(Versioned { value: note("text"), version: 1 });

    server.tell("CONFIG SET maxmemory 1");
    assert!(matches!(store.put_if_version("b", &note("text"), 0).await.unwrap_err(), Error::Full { .. }));
    assert_eq!(store.get::<Note>("a").await.unwrap(), stored);

    server.tell("CONFIG SET maxmemory 0");
    server.tell("REPLICAOF 127.0.0.1 1");
    assert!(matches!(store.put_if_version("b", &note("text"), 0).await.unwrap_err(), Error::ReadOnly { .. }));
    assert_eq!(store.get::<Note>("a").await.unwrap(), stored);
}

#[tokio::test]
async fn a_login_that_is_refused_is_told_without_the_password() {
    let mut bench = Bench::redis(&["--requirepass", "right-password"]);
    let port = bench.redis.as_ref().unwrap().port;
    for login in ["", ":planted-canary@", "user:planted-canary@"] {
        bench.location = at(&format!("redis://{login}127.0.0.1:{port}"));
        let error = bench.open("A").await.unwrap_err();
        assert!(matches!(error, Error::Denied { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("planted"));
    }
    bench.location = at(&format!("redis://:right-password@127.0.0.1:{port}"));
    assert!(!format!("{:?}", bench.store().await).contains("right-password"));
}

#[tokio::test]
async fn a_server_that_is_away_is_named_without_the_password() {
    let mut bench = Bench::embedded();
    let port = free_port();
    bench.location = at(&format!("redis://:planted-canary@127.0.0.1:{port}"));
    let error = bench.open("A").await.unwrap_err();
    let text = format!("{error} {error:?} {:?}", bench.location);
    assert!(matches!(error, Error::Unavailable { .. }));
    assert!(text.contains(&format!("127.0.0.1:{port}")) && !text.contains("planted"), "{text}");
}

#[tokio::test]
async fn a_url_that_is_none_of_ours_is_refused_without_showing_it() {
    let mut bench = Bench::embedded();
    for url in [
        "planted-canary",
        "http://planted-canary",
        "redis+sentinel://planted-canary:1",
        "redis+cluster://planted-canary:1/2",
        "redis://:planted-canary@[/x",
    ] {
        bench.location = at(url);
        let error = bench.open("A").await.unwrap_err();
        assert!(matches!(error, Error::BadUrl { .. }) && !error.to_string().contains("planted"), "{error}");
    }
}

#[tokio::test]
async fn a_server_with_a_private_certificate_is_trusted_through_the_ca_file_alone() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name);
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(file("cert.pem"), certificate.cert.pem()).unwrap();
    fs::write(file("key.pem"), certificate.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let (cert_text, key_text) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let mut bench = Bench::redis(&[
        "--port",
        "0",
        "--tls-cert-file",
        cert_text,
        "--tls-key-file",
        key_text,
        "--tls-auth-clients",
        "no",
        "--tls-port",
        "0",
    ]);
    let url = Secret::new(bench.redis.as_ref().unwrap().url("rediss"));
    let through =
        |ca_file| Location::Redis { url: url.clone(), prefix: PREFIX.to_owned(), ca_file, eviction: Eviction::Refused };

    bench.location = through(None);
    assert!(matches!(bench.open("A").await.unwrap_err(), Error::Unavailable { .. }));
    bench.location = through(Some(key.clone()));
    assert!(bench.open("A").await.is_err());
    bench.location = through(Some(file("missing.pem")));
    assert!(matches!(bench.open("A").await.unwrap_err(), Error::BadCaFile { .. }));
    bench.location = through(Some(cert.clone()));
    assert_eq!(bench.store().await.put_if_version("a", &note("text"), 0).await.unwrap(), Put::Stored(1));
}
