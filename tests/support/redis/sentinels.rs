//! A primary, its replicas, and three Sentinels that watch them.

use std::fs;

use redis::{RedisResult, Value, cmd};
use tempfile::TempDir;

use super::Redis;
use crate::support::{Process, free_port, until};

/// What the Sentinels call what they watch.
const SERVICE: &str = "main";

/// A primary with replicas, and three Sentinels that make a replica the primary when it is gone for half a second.
#[derive(Debug)]
pub struct Sentinels {
    /// The first was the primary at the start.
    pub servers: Vec<Redis>,
    sentinels: Vec<Sentinel>,
}

#[derive(Debug)]
struct Sentinel {
    port: u16,
    _folder: TempDir,
    _process: Process,
}

impl Sentinels {
    pub async fn start(replicas: usize) -> Self {
        let primary = Redis::with_settings("repl-diskless-sync-delay 0").await;
        let port = primary.port();
        let mut servers = vec![primary];
        for _ in 0..replicas {
            let settings = format!("replicaof 127.0.0.1 {port}\nrepl-diskless-sync-delay 0");
            servers.push(Redis::with_settings(&settings).await);
        }
        let all = replicas.to_string();
        until(async || servers[0].info("connected_slaves").await.filter(|count| *count == all)).await;
        let mut sentinels = Vec::new();
        for _ in 0..3 {
            sentinels.push(Sentinel::start(port).await);
        }
        let this = Self { servers, sentinels };
        for sentinel in &this.sentinels {
            until(async || sentinel.knows(2, replicas).await.then_some(())).await;
        }
        this
    }

    pub fn url(&self) -> String {
        let nodes: Vec<_> = self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis+sentinel://{}/{SERVICE}", nodes.join(","))
    }

    /// Which of [`Sentinels::servers`] the Sentinels take for the primary.
    pub async fn primary(&self) -> usize {
        let port = self.sentinels[0].primary().await;
        self.servers.iter().position(|server| server.port() == port).expect("one of ours")
    }

    /// Waits until the Sentinels made another than this one the primary, and it takes writes.
    pub async fn another_than(&self, old: usize) -> usize {
        until(async || {
            let new = self.primary().await;
            let promoted = new != old && self.servers[new].info("role").await.is_some_and(|role| role == "master");
            promoted.then_some(new)
        })
        .await
    }

    /// A planned failover, with everyone in good health; which is the primary now.
    pub async fn fail_over(&self) -> usize {
        let old = self.primary().await;
        // Until a replica's good health is known to the Sentinel, it says no.
        until(async || self.sentinels[0].asked(&["FAILOVER", SERVICE]).await.ok()).await;
        self.another_than(old).await
    }
}

impl Sentinel {
    async fn start(primary: u16) -> Self {
        let (folder, port) = (TempDir::new().expect("a temporary folder"), free_port());
        let configuration = format!(
            "bind 127.0.0.1\nport {port}\ndir {}\nsentinel monitor {SERVICE} 127.0.0.1 {primary} 2\n\
             sentinel down-after-milliseconds {SERVICE} 500\nsentinel failover-timeout {SERVICE} 4000\n",
            folder.path().display()
        );
        let file = folder.path().join("sentinel.conf");
        fs::write(&file, configuration).expect("the folder is writable");
        let mut command = Process::command("redis-server");
        command.arg(file).arg("--sentinel");
        let process = Process::start(command);
        process.line("+monitor").await;
        Self { port, _folder: folder, _process: process }
    }

    async fn ask(&self, words: &[&str]) -> Value {
        self.asked(words).await.expect("an answer")
    }

    async fn asked(&self, words: &[&str]) -> RedisResult<Value> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.port)).expect("a Redis URL");
        let mut connection = client.get_multiplexed_async_connection().await.expect("the Sentinel answers");
        cmd("SENTINEL").arg(words).query_async(&mut connection).await
    }

    async fn knows(&self, sentinels: usize, replicas: usize) -> bool {
        let facts: Vec<String> =
            redis::from_redis_value(self.ask(&["MASTER", SERVICE]).await).expect("names and values");
        let fact = |name: &str| facts.chunks(2).find(|pair| pair[0] == name).map(|pair| pair[1].clone());
        fact("num-other-sentinels") == Some(sentinels.to_string()) && fact("num-slaves") == Some(replicas.to_string())
    }

    async fn primary(&self) -> u16 {
        let answer = self.ask(&["GET-MASTER-ADDR-BY-NAME", SERVICE]).await;
        let (_, port): (String, u16) = redis::from_redis_value(answer).expect("an address");
        port
    }
}
