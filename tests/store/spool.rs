//! What must not be lost is kept aside when the store cannot take it.

use crate::bench::{Bench, Note, note};
use crate::support::until;
use oauth_client_helper::store::{Error, Kind, Lease, Put, Saved, Store, Versioned};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

const MINUTE: Duration = Duration::from_secs(60);

fn versioned(text: &str, version: u64) -> Option<Versioned<Note>> {
    Some(Versioned { value: note(text), version })
}

fn files(bench: &Bench) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(bench.spool()) else { return Vec::new() };
    let paths = folder.map(|file| file.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "sealed")).collect()
}

fn set_aside(bench: &Bench) -> usize {
    fs::read_dir(bench.spool().join("set-aside")).map_or(0, |folder| folder.count())
}

/// Version 1 is in the store, version 2 waits for it.
async fn spooled(bench: &Bench, store: &Store) -> Lease {
    store.put_if_version("mail", &note("old"), 0).await.unwrap();
    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    let _refusing = bench.refusing_writes();
    assert_eq!(store.put_or_spool(&lease, "mail", &note("new"), 1).await.unwrap(), Saved::Spooled(2));
    lease
}

pub async fn what_the_store_cannot_take_is_kept_read_and_brought_later(bench: &Bench) {
    let (store, beside, elsewhere) = (bench.store().await, bench.store().await, bench.store_elsewhere().await);
    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    assert_eq!(store.put_or_spool(&lease, "mail", &note("old"), 0).await.unwrap(), Saved::Stored(1));
    assert_eq!(store.put_or_spool(&lease, "mail", &note("late"), 0).await.unwrap(), Saved::Conflict);
    {
        let _refusing = bench.refusing_writes();
        assert_eq!(store.put_or_spool(&lease, "mail", &note("new"), 1).await.unwrap(), Saved::Spooled(2));
        for store in [&store, &beside] {
            assert_eq!(store.get("mail").await.unwrap(), versioned("new", 2));
            assert_eq!(store.list::<Note>().await.unwrap(), [("mail".to_owned(), versioned("new", 2).unwrap())]);
            assert_eq!(store.spooled().unwrap(), 1);
        }
        assert!(beside.replay().await.is_err());
        assert_eq!(elsewhere.get("mail").await.unwrap(), versioned("old", 1));
    }
    assert_eq!(beside.replay().await.unwrap(), 0);
    assert_eq!(elsewhere.get("mail").await.unwrap(), versioned("new", 2));
    assert_eq!((files(bench).len(), store.spooled().unwrap(), set_aside(bench)), (0, 0, 0));
}

pub async fn what_waits_is_also_what_is_read_often(bench: &Bench) {
    let store = bench.store().await;
    store.put_if_version("mail", &note("old"), 0).await.unwrap();
    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    let read =
        async || store.read::<Note>("mail").await.unwrap().map(|found| (found.value.text.clone(), found.version));
    for _ in 0..2 {
        assert_eq!(read().await, Some(("old".to_owned(), 1)));
    }
    {
        let _refusing = bench.refusing_writes();
        assert_eq!(store.put_or_spool(&lease, "mail", &note("new"), 1).await.unwrap(), Saved::Spooled(2));
        assert_eq!(read().await, Some(("new".to_owned(), 2)));
    }
    store.replay().await.unwrap();
    assert_eq!((read().await, store.spooled().unwrap()), (Some(("new".to_owned(), 2)), 0));
}

pub async fn a_record_that_waits_is_brought_by_whoever_opens_the_store(bench: &Bench) {
    let store = bench.store().await;
    let _ = spooled(bench, &store).await;
    drop(store);
    bench.store().await;
    assert_eq!(bench.store_elsewhere().await.get("mail").await.unwrap(), versioned("new", 2));
    assert!(files(bench).is_empty());
}

pub async fn a_record_that_waits_is_brought_as_soon_as_the_store_takes_it(bench: &Bench) {
    let (store, elsewhere) = (bench.store().await, bench.store_elsewhere().await);
    let replaying = tokio::spawn({
        let store = store.clone();
        async move { store.keep_replaying().await }
    });
    let _ = spooled(bench, &store).await;
    until(async || (elsewhere.get("mail").await.unwrap() == versioned("new", 2)).then_some(())).await;
    replaying.abort();
}

pub async fn the_next_write_finds_what_waited_in_the_store(bench: &Bench) {
    let store = bench.store().await;
    let lease = spooled(bench, &store).await;
    assert_eq!(store.put_or_spool(&lease, "mail", &note("newer"), 2).await.unwrap(), Saved::Stored(3));
    assert_eq!(bench.store_elsewhere().await.get("mail").await.unwrap(), versioned("newer", 3));
    assert!(files(bench).is_empty());

    let _ = spooled_over(bench, &store, &lease, 3).await;
    assert_eq!(store.put_if_version("mail", &note("last"), 4).await.unwrap(), Put::Stored(5));
    assert_eq!(store.rename::<Note>("mail", "post").await.unwrap(), oauth_client_helper::store::Renamed::Done);
    assert_eq!(store.get("post").await.unwrap(), versioned("last", 5));
}

async fn spooled_over(bench: &Bench, store: &Store, lease: &Lease, version: u64) -> Saved {
    let _refusing = bench.refusing_writes();
    store.put_or_spool(lease, "mail", &note("again"), version).await.unwrap()
}

pub async fn what_waits_never_takes_the_place_of_something_newer(bench: &Bench) {
    let (store, elsewhere) = (bench.store().await, bench.store_elsewhere().await);
    let _ = spooled(bench, &store).await;
    elsewhere.put_if_version("mail", &note("intent"), 1).await.unwrap();
    elsewhere.put_if_version("mail", &note("newest"), 2).await.unwrap();
    assert_eq!(store.get("mail").await.unwrap(), versioned("newest", 3));
    assert_eq!(store.replay().await.unwrap(), 0);
    assert_eq!(store.get("mail").await.unwrap(), versioned("newest", 3));
    assert_eq!((files(bench).len(), set_aside(bench)), (0, 1));
}

pub async fn what_waits_does_not_bring_a_deleted_record_back(bench: &Bench) {
    let (store, elsewhere) = (bench.store().await, bench.store_elsewhere().await);
    let _ = spooled(bench, &store).await;
    assert!(elsewhere.delete(Kind::Grant, "mail").await.unwrap());
    assert_eq!(store.get::<Note>("mail").await.unwrap(), None);
    assert!(store.list::<Note>().await.unwrap().is_empty());
    assert_eq!(store.replay().await.unwrap(), 0);
    assert_eq!(store.get::<Note>("mail").await.unwrap(), None);
    assert_eq!((files(bench).len(), set_aside(bench)), (0, 1));
}

pub async fn a_deletion_also_deletes_what_waits(bench: &Bench) {
    let store = bench.store().await;
    let _ = spooled(bench, &store).await;
    assert!(store.delete(Kind::Grant, "mail").await.unwrap());
    assert_eq!(store.get::<Note>("mail").await.unwrap(), None);
    assert_eq!((files(bench).len(), set_aside(bench)), (0, 0));
}

pub async fn what_waits_is_laid_over_what_a_failover_brought_back(bench: &Bench) {
    let store = bench.store().await;
    store.put_if_version("mail", &note("first"), 0).await.unwrap();
    let before = bench.raw("mail");
    store.put_if_version("mail", &note("second"), 1).await.unwrap();
    let lease = store.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    assert_eq!(spooled_over(bench, &store, &lease, 2).await, Saved::Spooled(3));
    bench.set_raw_version("mail", &before, 1);
    assert_eq!(store.get("mail").await.unwrap(), versioned("again", 3));
    assert_eq!(store.replay().await.unwrap(), 0);
    assert_eq!(bench.store_elsewhere().await.get("mail").await.unwrap(), versioned("again", 3));
}

pub async fn what_waits_does_not_disturb_who_holds_the_lease(bench: &Bench) {
    let (store, elsewhere) = (bench.store().await, bench.store_elsewhere().await);
    let lease = spooled(bench, &store).await;
    assert_eq!(lease.release().await.unwrap(), oauth_client_helper::store::Held::Mine);
    let other = elsewhere.lease("refresh:mail", MINUTE).await.unwrap().unwrap();
    assert_eq!(store.replay().await.unwrap(), 1);
    assert_eq!(elsewhere.get("mail").await.unwrap(), versioned("old", 1));
    assert_eq!(other.release().await.unwrap(), oauth_client_helper::store::Held::Mine);
    assert_eq!(store.replay().await.unwrap(), 0);
    assert_eq!(elsewhere.get("mail").await.unwrap(), versioned("new", 2));
}

pub async fn nothing_that_waits_can_be_read_by_others(bench: &Bench) {
    let store = bench.store().await;
    let lease = store.lease("refresh:planted-name", MINUTE).await.unwrap().unwrap();
    let refusing = bench.refusing_writes();
    let saved = store.put_or_spool(&lease, "planted-name", &note("planted-canary"), 0).await.unwrap();
    assert_eq!(saved, Saved::Spooled(1));
    drop(refusing);
    let [file] = &files(bench)[..] else { panic!("one file") };
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(file), mode(&bench.spool())), (0o600, 0o700));
    let text = format!("{} {}", file.display(), fs::read_to_string(file).unwrap());
    for secret in ["planted", "cGxhbnRlZ", "grant"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

pub async fn a_damaged_record_that_waits_is_an_error_and_not_an_old_record(bench: &Bench) {
    let store = bench.store().await;
    let _ = spooled(bench, &store).await;
    let [file] = &files(bench)[..] else { panic!("one file") };
    let whole = fs::read(file).unwrap();
    let mut changed = whole.clone();
    changed[40] = if whole[40] == b'A' { b'B' } else { b'A' };
    for damaged in [&whole[..whole.len() / 2], b"", &changed[..]] {
        fs::write(file, damaged).unwrap();
        let error = store.get::<Note>("mail").await.unwrap_err();
        assert_eq!(error, Error::SpoolDamaged { path: file.clone() });
        assert!(store.replay().await.is_err());
        assert!(store.put_if_version("mail", &note("newer"), 1).await.is_err());
        assert_eq!(fs::read(file).unwrap(), damaged);
    }
    fs::write(file, whole).unwrap();
    assert_eq!(store.get("mail").await.unwrap(), versioned("new", 2));
}

pub async fn without_a_spool_it_is_kept_in_memory(bench: &Bench) {
    fs::write(bench.spool(), "in the way").unwrap();
    let store = bench.store().await;
    let _ = spooled(bench, &store).await;
    assert_eq!(store.get("mail").await.unwrap(), versioned("new", 2));
    assert_eq!(store.spooled().unwrap(), 1);
    assert_eq!(store.replay().await.unwrap(), 0);
    assert_eq!(bench.store_elsewhere().await.get("mail").await.unwrap(), versioned("new", 2));
    assert_eq!(store.spooled().unwrap(), 0);
}

pub async fn a_rekey_leaves_nothing_behind(bench: &Bench) {
    let _ = spooled(bench, &bench.store().await).await;
    let (store, _) = bench.open("BA").await.unwrap();
    store.rekey().await.unwrap();
    let (store, _) = bench.open("B").await.unwrap();
    assert_eq!(store.get("mail").await.unwrap(), versioned("new", 2));
    assert!(files(bench).is_empty());
}
