//! A real redis-server that keeps what it is told, and the faults that it can be given.

mod cluster;
mod sentinels;

pub use cluster::RedisCluster;
pub use sentinels::Sentinels;

use std::fs;
use std::path::Path;

use redis::aio::MultiplexedConnection;
use redis::{Value, cmd};
use tempfile::TempDir;

use super::{Process, free_port};

/// A running redis-server, durable and never evicting, as the program demands.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    password: Option<String>,
    folder: TempDir,
    process: Process,
}

impl Redis {
    pub async fn start() -> Self {
        Self::launch(None, "").await
    }

    pub async fn with_password(password: &str) -> Self {
        Self::launch(Some(password), "").await
    }

    /// Starts one with further lines of redis.conf, which win over ours: `maxmemory-policy allkeys-lru`.
    pub async fn with_settings(settings: &str) -> Self {
        Self::launch(None, settings).await
    }

    async fn launch(password: Option<&str>, settings: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let port = free_port();
        let protection = password.map(|word| format!("requirepass {word}\n")).unwrap_or_default();
        let configuration = format!(
            "bind 127.0.0.1\nport {port}\ndir {}\nappendonly yes\nmaxmemory-policy noeviction\nsave \"\"\n{protection}{settings}\n",
            folder.path().display()
        );
        fs::write(folder.path().join("redis.conf"), configuration).expect("the folder is writable");
        let process = serve(folder.path()).await;
        Self { port, password: password.map(str::to_owned), folder, process }
    }

    /// Its URL, with the password where it has one.
    pub fn url(&self) -> String {
        let word = self.password.as_ref().map(|word| format!(":{word}@")).unwrap_or_default();
        format!("redis://{word}127.0.0.1:{}/", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a Redis URL");
        client.get_multiplexed_async_connection().await.expect("Redis accepts a connection")
    }

    /// `None` when it is not there, or hangs.
    pub async fn try_connect(&self) -> Option<MultiplexedConnection> {
        let client = redis::Client::open(self.url()).expect("a Redis URL");
        client.get_multiplexed_async_connection().await.ok()
    }

    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Kills it. What it had acknowledged is still there after [`Redis::start_again`], but for the last second.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Ends it in order: all it had acknowledged is still there after [`Redis::start_again`].
    pub async fn stop(&mut self) {
        self.process.signal("TERM");
        self.process.exit().await;
    }

    /// Starts it again, on the same port, with the same data.
    pub async fn start_again(&mut self) {
        self.kill();
        self.process = serve(self.folder.path()).await;
    }

    /// Runs one command: `redis.tell("CONFIG SET maxmemory 1")`.
    pub async fn tell(&self, words: &str) -> Value {
        let mut words = words.split(' ');
        let mut command = cmd(words.next().expect("a command"));
        for word in words {
            command.arg(word);
        }
        let answer = command.query_async(&mut self.connect().await).await;
        answer.unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// It hangs: connections stay, and are even accepted, but nothing is answered until [`Redis::thaw`].
    pub fn freeze(&self) {
        self.process.signal("STOP");
    }

    pub fn thaw(&self) {
        self.process.signal("CONT");
    }

    /// It takes no more data (OOM), until [`Redis::drain`]; what it has can be read.
    pub async fn fill(&self) {
        self.tell("CONFIG SET maxmemory 1").await;
    }

    pub async fn drain(&self) {
        self.tell("CONFIG SET maxmemory 0").await;
    }

    /// It is a replica (READONLY), of nothing that answers, until [`Redis::promote`]; what it has can be read.
    pub async fn demote(&self) {
        self.tell("REPLICAOF 127.0.0.1 1").await;
    }

    pub async fn promote(&self) {
        self.tell("REPLICAOF NO ONE").await;
    }

    /// One line of `INFO`, such as `connected_slaves`; `None` also where nobody answers.
    pub async fn info(&self, name: &str) -> Option<String> {
        let mut connection = self.try_connect().await?;
        let info: redis::InfoDict = cmd("INFO").arg("everything").query_async(&mut connection).await.ok()?;
        info.get(name)
    }

    /// Every key and every value, of any type, one after another.
    pub async fn raw_dump(&self) -> Vec<u8> {
        let mut connection = self.connect().await;
        let keys: Vec<Vec<u8>> = cmd("KEYS").arg("*").query_async(&mut connection).await.expect("KEYS");
        let mut dump = Vec::new();
        for key in keys {
            let kind: String = cmd("TYPE").arg(&key).query_async(&mut connection).await.expect("TYPE");
            let value: Value = read(&kind, &key).query_async(&mut connection).await.expect("a value");
            dump.extend_from_slice(&key);
            dump.push(b'\n');
            append(&mut dump, &value);
        }
        dump
    }

    /// Every command that ever changed something, as its append-only file has it: also what was deleted since.
    pub fn ever_written(&self) -> Vec<u8> {
        let log = self.folder.path().join("appendonlydir");
        let files = fs::read_dir(log).expect("the append-only folder").flatten();
        files.flat_map(|file| fs::read(file.path()).expect("a readable file")).collect()
    }
}

async fn serve(folder: &Path) -> Process {
    let mut command = Process::command("redis-server");
    command.arg(folder.join("redis.conf"));
    let process = Process::start(command);
    process.line("Ready to accept connections").await;
    process
}

fn read(kind: &str, key: &[u8]) -> redis::Cmd {
    let (verb, range): (_, &[&str]) = match kind {
        "hash" => ("HGETALL", &[]),
        "list" => ("LRANGE", &["0", "-1"]),
        "set" => ("SMEMBERS", &[]),
        "zset" => ("ZRANGE", &["0", "-1", "WITHSCORES"]),
        "stream" => ("XRANGE", &["-", "+"]),
        _ => ("GET", &[]),
    };
    let mut command = cmd(verb);
    command.arg(key).arg(range);
    command
}

fn append(dump: &mut Vec<u8>, value: &Value) {
    match value {
        Value::BulkString(bytes) => dump.extend_from_slice(bytes),
        Value::SimpleString(text) => dump.extend_from_slice(text.as_bytes()),
        Value::Array(items) | Value::Set(items) => items.iter().for_each(|item| append(dump, item)),
        Value::Map(pairs) => pairs.iter().for_each(|(key, item)| {
            append(dump, key);
            append(dump, item);
        }),
        other => dump.extend_from_slice(format!("{other:?}").as_bytes()),
    }
    dump.push(b'\n');
}
