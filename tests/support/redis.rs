//! A real redis-server that keeps what it is told.

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

    pub async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a Redis URL");
        client.get_multiplexed_async_connection().await.expect("Redis accepts a connection")
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
