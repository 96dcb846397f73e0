//! A Redis Cluster: three servers that share the keys, perhaps each with a replica.

use super::Redis;
use crate::support::{free_port, until};

/// Three servers that hold a third of the keys each, and as many replicas of each as were asked for.
#[derive(Debug)]
pub struct RedisCluster {
    /// The first three were the primaries at the start; behind them the replicas, of the first, the second, the third.
    pub servers: Vec<Redis>,
}

const SLOTS: [&str; 3] = ["0 5460", "5461 10922", "10923 16383"];

impl RedisCluster {
    pub async fn start(replicas: usize) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..3 * (1 + replicas) {
            let bus = free_port();
            let settings = format!(
                "cluster-enabled yes\ncluster-port {bus}\ncluster-node-timeout 1500\ncluster-replica-validity-factor 0\n\
                 repl-diskless-sync-delay 0"
            );
            nodes.push((Redis::with_settings(&settings).await, bus));
        }
        let (first, first_bus) = (nodes[0].0.port(), nodes[0].1);
        for (node, _) in &nodes[1..] {
            node.tell(&format!("CLUSTER MEET 127.0.0.1 {first} {first_bus}")).await;
        }
        let this = Self { servers: nodes.into_iter().map(|(node, _)| node).collect() };
        for (server, slots) in this.servers.iter().zip(SLOTS) {
            server.tell(&format!("CLUSTER ADDSLOTSRANGE {slots}")).await;
        }
        this.until_all_say("cluster_known_nodes", &this.servers.len().to_string()).await;
        for (replica, primary) in this.servers[3..].iter().zip(this.servers[..3].iter().cycle()) {
            let id: String = redis::from_redis_value(primary.tell("CLUSTER MYID").await).expect("an id");
            replica.tell(&format!("CLUSTER REPLICATE {id}")).await;
        }
        this.until_all_say("cluster_state", "ok").await;
        for primary in &this.servers[..3] {
            until(async || primary.info("connected_slaves").await.filter(|count| *count == replicas.to_string())).await;
        }
        this
    }

    pub fn url(&self) -> String {
        let nodes: Vec<_> = self.servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
        format!("redis+cluster://{}", nodes.join(","))
    }

    /// Which of [`RedisCluster::servers`] has this key and takes writes for it.
    pub async fn primary_of(&self, key: &str) -> usize {
        until(async || {
            for (number, server) in self.servers.iter().enumerate() {
                let Some(mut connection) = server.try_connect().await else { continue };
                let answer: Result<i64, _> = redis::cmd("EXISTS").arg(key).query_async(&mut connection).await;
                if answer.is_ok() && server.info("role").await.is_some_and(|role| role == "master") {
                    return Some(number);
                }
            }
            None
        })
        .await
    }

    async fn until_all_say(&self, name: &str, value: &str) {
        let line = format!("{name}:{value}\r\n");
        for server in &self.servers {
            until(async || {
                let info: String = redis::from_redis_value(server.tell("CLUSTER INFO").await).expect("text");
                info.contains(&line).then_some(())
            })
            .await;
        }
    }
}
