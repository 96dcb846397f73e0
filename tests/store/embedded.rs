//! What is special about the SQLite file.

use crate::bench::{Bench, Note, config_in, note};
use oauth_client_helper::metrics::Metrics;
use oauth_client_helper::store::{Error, Heard, Location, Put, Store, Versioned};
use std::{
    fs,
    future::Future,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    pin::pin,
    process::{Command, Stdio},
    task::{Context, Poll, Waker},
    time::Duration,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waited"),
    }
}

#[tokio::test]
async fn the_folder_and_its_files_are_private() {
    let mut bench = Bench::embedded();
    let folder = bench.folder.path().join("new/data");
    bench.location = Location::Embedded(folder.clone());
    let store = bench.store().await;
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    assert_eq!(mode(&folder), 0o700);
    let modes: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| mode(&file.unwrap().path())).collect();
    assert_eq!(modes, [0o600; 3], "the database, its -wal and its -shm");
}

#[tokio::test]
async fn a_file_that_others_could_read_is_made_private() {
    let bench = Bench::embedded();
    drop(bench.store().await);
    let path = bench.folder.path().join("store.sqlite3");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(bench.store().await);
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_record_is_looked_for_again_only_after_a_write() {
    let bench = Bench::embedded();
    let metrics = Metrics::new().unwrap();
    let (store, other) = (bench.store().await.measured_by(metrics.clone()), bench.store().await);
    let look = async || {
        store.read::<Note>("a").await.unwrap();
        let text = metrics.text().unwrap();
        let count = r#"oauth_helper_store_seconds_count{verb="get"} "#;
        text.lines().find_map(|line| line.strip_prefix(count)?.parse::<u32>().ok()).unwrap_or_default()
    };
    other.put_if_version("a", &note("one"), 0).await.unwrap();
    assert_eq!((look().await, look().await), (1, 1));
    // Of whichever record, and by whichever process.
    other.put_if_version("b", &note("one"), 0).await.unwrap();
    assert_eq!((look().await, look().await), (2, 2));
    bench.sqlite().execute_batch("DELETE FROM leases").unwrap();
    assert_eq!((look().await, look().await), (3, 3));
    // A reader, and the end of another's connection, change nothing.
    drop(bench.store().await);
    bench.sqlite().query_row("SELECT count(*) FROM records", (), |_| Ok(())).unwrap();
    assert_eq!(look().await, 3);
}

#[test]
fn a_read_needs_no_runtime() {
    let bench = Bench::embedded();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let first = runtime.block_on(bench.store());
    runtime.block_on(first.put_if_version("a", &note("text"), 0)).unwrap();
    drop((first, runtime));

    let store = now(bench.store());
    assert_eq!(now(store.get("a")).unwrap(), Some(Versioned { value: note("text"), version: 1 }));
    assert_eq!(now(store.list::<Note>()).unwrap().len(), 1);
    now(store.ping()).unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_as_it_is() {
    let bench = Bench::embedded();
    bench.store().await.put_if_version("a", &note("text"), 0).await.unwrap();
    let path = bench.folder.path().join("store.sqlite3");
    let whole = fs::read(&path).unwrap();
    for damaged in
        [b"not a database, but long enough to look like one".repeat(99), whole[..4096].to_vec(), whole[..20].to_vec()]
    {
        fs::write(&path, &damaged).unwrap();
        let error = bench.open("A").await.unwrap_err();
        assert_eq!(error, Error::Broken { path: path.clone() });
        assert!(error.to_string().contains(path.to_str().unwrap()));
        assert!(fs::read(&path).unwrap() == damaged, "{} bytes", damaged.len());
    }
}

#[tokio::test]
async fn an_emptied_file_does_not_cost_its_log() {
    let bench = Bench::embedded();
    let store = bench.store().await;
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    let log = fs::read(bench.folder.path().join("store.sqlite3-wal")).unwrap();
    drop(store);
    let path = bench.folder.path().join("store.sqlite3");
    fs::write(&path, "").unwrap();
    fs::write(bench.folder.path().join("store.sqlite3-wal"), &log).unwrap();
    assert_eq!(bench.open("A").await.unwrap_err(), Error::Broken { path });
    assert!(fs::read(bench.folder.path().join("store.sqlite3-wal")).unwrap() == log);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let bench = Bench::embedded();
    drop(bench.store().await);
    bench.sqlite().pragma_update(None, "user_version", 9).unwrap();
    let path = bench.folder.path().join("store.sqlite3");
    assert_eq!(bench.open("A").await.unwrap_err(), Error::Newer { path, found: 9, known: 1 });
}

#[test]
fn a_fresh_store_can_be_opened_by_many_at_once() {
    for _ in 0..10 {
        let bench = Bench::embedded();
        std::thread::scope(|threads| {
            for number in 0..8 {
                let folder = bench.folder.path();
                threads.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let (store, _) = runtime.block_on(Store::open(config_in(folder))).unwrap();
                    let put = runtime.block_on(store.put_if_version(&format!("{number}"), &note("text"), 0));
                    assert_eq!(put.unwrap(), Put::Stored(1));
                });
            }
        });
        assert_eq!(now(now(bench.store()).list::<Note>()).unwrap().len(), 8);
    }
}

#[tokio::test]
async fn expired_records_are_deleted_by_later_writes() {
    use crate::bench::Slip;
    use oauth_client_helper::oauth::timestamp::Timestamp;
    let bench = Bench::embedded();
    let store = bench.store().await;
    store.put_until("a", &Slip("late".to_owned()), 0, Timestamp(0)).await.unwrap();
    store.put_if_version("b", &note("text"), 0).await.unwrap();
    let count = |sql| bench.sqlite().query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM records WHERE expires_at IS NOT NULL"), 0);
}

#[tokio::test]
async fn a_place_that_cannot_be_is_named() {
    let mut bench = Bench::embedded();
    let file = bench.folder.path().join("file");
    fs::write(&file, "").unwrap();
    bench.location = Location::Embedded(file.join("data"));
    let error = bench.open("A").await.unwrap_err();
    assert!(
        matches!(error, Error::Unavailable { .. }) && error.to_string().contains("OAUTHCLIENT_DATA_DIR"),
        "{error}"
    );
}

/// Opens, counts one up, closes: thirty times, while others do the same.
#[test]
#[ignore = "run by several_processes_that_come_and_go_lose_no_write"]
fn one_of_several_processes() {
    let folder = PathBuf::from(std::env::var_os("TEST_STORE_FOLDER").unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for _ in 0..30 {
        let (store, _) = runtime.block_on(Store::open(config_in(&folder))).unwrap();
        loop {
            let held = now(store.get::<Note>("count")).unwrap();
            let (count, version) = held.map_or((0, 0), |held| (held.value.text.parse::<u32>().unwrap(), held.version));
            let next = note(&(count + 1).to_string());
            if runtime.block_on(store.put_if_version("count", &next, version)).unwrap() != Put::Conflict {
                break;
            }
        }
    }
}

#[tokio::test]
async fn several_processes_that_come_and_go_lose_no_write() {
    let bench = Bench::embedded();
    let start = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "embedded::one_of_several_processes"])
            .env("TEST_STORE_FOLDER", bench.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let processes: Vec<_> = (0..4).map(start).collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    let count = bench.store().await.get::<Note>("count").await.unwrap().unwrap();
    assert_eq!((count.value, count.version), (note("120"), 120));
}

/// Announces its number twenty times, while others do the same.
#[tokio::test]
#[ignore = "run by what_other_processes_announce_is_heard"]
async fn one_of_several_announcers() {
    let folder = PathBuf::from(std::env::var_os("TEST_STORE_FOLDER").unwrap());
    let (store, _) = Store::open(config_in(&folder)).await.unwrap();
    let number = std::env::var("TEST_NUMBER").unwrap();
    for _ in 0..20 {
        store.announce(&number).await.unwrap();
    }
}

#[tokio::test]
async fn what_other_processes_announce_is_heard() {
    let bench = Bench::embedded();
    let mut listener = bench.store().await.listen().await;
    let start = |number: usize| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "embedded::one_of_several_announcers"])
            .env("TEST_STORE_FOLDER", bench.folder.path())
            .env("TEST_NUMBER", number.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut processes: Vec<_> = (0..4).map(start).collect();
    let mut heard = [0; 4];
    while heard != [20; 4] {
        let next = tokio::time::timeout(Duration::from_secs(60), listener.next()).await;
        let Heard::Announced(number) = next.expect("all are heard") else { panic!("missed") };
        heard[number.parse::<usize>().unwrap()] += 1;
    }
    processes.iter_mut().for_each(|process| assert!(process.wait().unwrap().success()));
}

#[tokio::test]
async fn a_damaged_signal_log_costs_a_look_and_nothing_else() {
    let bench = Bench::embedded();
    let store = bench.store().await;
    let mut listener = store.listen().await;
    let log = bench.folder.path().join("signals/log");
    store.announce("one").await.unwrap();
    assert_eq!(listener.next().await, Heard::Announced("one".to_owned()));

    let half = fs::read_to_string(&log).unwrap().replace("}", "");
    fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(half.trim_end().as_bytes()).unwrap();
    store.announce("two").await.unwrap();
    assert_eq!(listener.next().await, Heard::Announced("two".to_owned()));

    fs::write(&log, "").unwrap();
    assert_eq!(listener.next().await, Heard::Missed);
    store.announce("three").await.unwrap();
    assert_eq!(listener.next().await, Heard::Announced("three".to_owned()));
    assert_eq!(mode(&log), 0o600);
}
