//! What the tests stand on: a store of each backend in a folder of its own, and a look behind it.

use oauth_client_helper::{
    oauth::secret::Secret,
    store::{Config, Error, Eviction, Keyring, Kind, Location, Record, Store, Warning},
};
use redis::Commands;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

pub const PREFIX: &str = "oauth_client:";

/// Kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub text: String,
}

/// Passing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slip(pub String);

impl Record for Note {
    const KIND: Kind = Kind::Grant;
}

impl Record for Slip {
    const KIND: Kind = Kind::PendingAuthorization;
}

pub fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

/// Keys told apart by a letter, newest first.
pub fn keys(letters: &str) -> Keyring {
    let key = |letter: char| format!("{}=", letter.to_string().repeat(42) + "A");
    Keyring::parse(&Secret::new(letters.chars().map(key).collect::<Vec<_>>().join(","))).unwrap()
}

/// A store in a folder that another process uses as well.
pub fn config_in(folder: &Path) -> Config {
    Config { location: Location::Embedded(folder.to_owned()), keys: keys("A"), spool: folder.join("spool") }
}

pub struct Bench {
    pub location: Location,
    pub folder: TempDir,
    pub redis: Option<Server>,
}

impl Bench {
    pub fn embedded() -> Self {
        let folder = TempDir::new().unwrap();
        Self { location: Location::Embedded(folder.path().to_owned()), folder, redis: None }
    }

    pub fn redis(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let server = Server::start(folder.path(), arguments);
        Self { location: at(&server.url("redis")), folder, redis: Some(server) }
    }

    pub async fn store(&self) -> Store {
        self.open("A").await.unwrap().0
    }

    pub async fn open(&self, letters: &str) -> Result<(Store, Vec<Warning>), Error> {
        Store::open(self.config(letters)).await
    }

    pub fn config(&self, letters: &str) -> Config {
        Config { location: self.location.clone(), keys: keys(letters), spool: self.spool() }
    }

    /// The same store as another machine sees it, with a data folder of its own.
    pub async fn store_elsewhere(&self) -> Store {
        let spool = self.folder.path().join("elsewhere");
        Store::open(Config { spool, ..self.config("A") }).await.unwrap().0
    }

    /// Until the value is dropped the backend takes no writes, but can be read.
    pub fn refusing_writes(&self) -> RefusesWrites<'_> {
        match &self.redis {
            Some(server) => server.tell("CONFIG SET maxmemory 1"),
            None => {
                let refuse = |name, event| {
                    format!("CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, 'refused'); END;")
                };
                let triggers =
                    [refuse("no_records", "INSERT ON records"), refuse("no_leases", "UPDATE ON leases")].concat();
                self.sqlite().execute_batch(&triggers).unwrap();
            }
        }
        RefusesWrites(self)
    }

    pub fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    /// Every byte of every file of the backend, but for SQLite's -shm: page numbers and the marks of current readers.
    pub fn at_rest(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                } else if !entry.ends_with("store.sqlite3-shm") {
                    bytes.extend(fs::read(entry).unwrap());
                }
            }
        }
        bytes
    }

    /// A note as the backend holds it.
    pub fn raw(&self, id: &str) -> Vec<u8> {
        match &self.redis {
            Some(server) => server.connection().hget(format!("{PREFIX}grant"), id).unwrap(),
            None => self.sqlite().query_row("SELECT value FROM records WHERE id = ?1", [id], |row| row.get(0)).unwrap(),
        }
    }

    pub fn set_raw(&self, id: &str, value: &[u8]) {
        match &self.redis {
            Some(server) => server.connection().hset(format!("{PREFIX}grant"), id, value).unwrap(),
            None => {
                let changed = self.sqlite().execute("UPDATE records SET value = ?2 WHERE id = ?1", (id, value));
                assert_eq!(changed.unwrap(), 1);
            }
        }
    }

    /// Puts back what [`Bench::raw`] gave when the note was at this version.
    pub fn set_raw_version(&self, id: &str, value: &[u8], version: u64) {
        self.set_raw(id, value);
        if self.redis.is_none() {
            self.sqlite().execute("UPDATE records SET version = ?2 WHERE id = ?1", (id, version)).unwrap();
        }
    }

    pub fn sqlite(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.folder.path().join("store.sqlite3")).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection
    }
}

/// See [`Bench::refusing_writes`].
pub struct RefusesWrites<'a>(&'a Bench);

impl Drop for RefusesWrites<'_> {
    fn drop(&mut self) {
        match &self.0.redis {
            Some(server) => server.tell("CONFIG SET maxmemory 0"),
            None => self.0.sqlite().execute_batch("DROP TRIGGER no_records; DROP TRIGGER no_leases;").unwrap(),
        }
    }
}

pub fn at(url: &str) -> Location {
    let (url, prefix) = (Secret::new(url), PREFIX.to_owned());
    Location::Redis { url, prefix, ca_file: None, eviction: Eviction::Refused }
}

/// A redis-server of our own, ended when dropped.
pub struct Server {
    process: Child,
    pub port: u16,
}

impl Server {
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let port = free_port();
        let port_option = if arguments.contains(&"--tls-port") { "--tls-port" } else { "--port" };
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--dir"])
            .arg(folder)
            .args(arguments)
            .args([port_option, &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let server = Self { process, port };
        server.wait();
        server
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "redis-server did not start");
            std::thread::yield_now();
        }
    }

    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    pub fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url("redis")).unwrap().get_connection().unwrap()
    }

    pub fn tell(&self, words: &str) {
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            command.arg(word);
        });
        command.exec(&mut self.connection()).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
