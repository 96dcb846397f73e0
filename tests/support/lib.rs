//! Real parts for the tests, each started on a free port and gone with the value that stands for it.
//!
//! | type | what it is |
//! |---|---|
//! | [`Program`] | the real binary, in a home of its own |
//! | [`AuthorizationServer`] | the real oidc-provider, which accepts any login |
//! | [`Doorkeeper`], [`Idpyoidc`] | other real ones, with manners of their own |
//! | [`TokenEndpoint`] | a socket on which the test itself answers token requests |
//! | [`ResourceServer`] | a socket on which the test itself answers calls of an API |
//! | [`Redis`] | the real redis-server, which can be frozen, filled up, made read-only, stopped |
//! | [`Sentinels`] | the same with replicas, watched by three Sentinels |
//! | [`RedisCluster`] | three of them as a Cluster, with or without replicas |
//! | [`UserAgent`] | a browser without JavaScript, for flows over several hosts |
//! | [`Browser`] | a real Chromium, for what only a browser knows: CSP, layout, keyboard |
//! | [`Stage`] | a program and an authorization server with a client of it: where most stories begin |
//!
//! Nothing here sleeps for a guessed time: a start waits for the line or the reply that says "ready", for at most
//! [`PATIENCE`]. Outside state is never touched; secrets are the well-known values of this folder.

// Each test crate uses a part of this.
#![allow(dead_code, unused_imports)]

mod api;
mod authorization_server;
mod browser;
mod doorkeeper;
mod idpyoidc;
mod leak;
mod peer;
mod port;
mod process;
mod program;
mod ran;
mod redis;
mod resource_server;
mod stage;
mod token_endpoint;
mod user_agent;

use std::net::Ipv4Addr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

pub use api::{Answer, Api};
pub use authorization_server::AuthorizationServer;
pub use browser::{Appearance, Browser, LogEntry, Window};
pub use doorkeeper::Doorkeeper;
pub use idpyoidc::Idpyoidc;
pub use leak::{leaks, spellings};
pub use peer::Peer;
pub use port::free_port;
pub use process::Process;
pub use program::{Backend, Program, Server};
pub use ran::Ran;
pub use redis::{Redis, RedisCluster, Sentinels};
pub use resource_server::{Call, ResourceServer};
pub use stage::{Stage, shows_success};
pub use token_endpoint::{TokenEndpoint, TokenRequest};
pub use user_agent::{Page, UserAgent};

/// How long any single step may take, on a machine that builds something else at the same time.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Tells a story twice, once for each store: the function of that name takes the [`Backend`].
#[allow(unused_macros, reason = "the browser stories are told on one store")]
macro_rules! in_both_stores {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test]
            async fn embedded() {
                super::$story(crate::support::Backend::Embedded).await;
            }

            #[tokio::test]
            async fn in_redis() {
                let redis = crate::support::Redis::start().await;
                super::$story(crate::support::Backend::Redis(&redis)).await;
            }
        }
    )+};
}
pub(crate) use in_both_stores;

/// Looks again and again until there is something to see, for at most [`PATIENCE`].
pub async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            match look().await {
                Some(seen) => return seen,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("it comes true in time")
}

/// An HTTP client that follows nothing and knows no proxy: for the API, and for requests that a browser would not send.
pub fn http() -> reqwest::Client {
    http_builder().build().expect("an HTTP client")
}

/// [`http`], before it is built. To it every host name is this machine: no test leaves it.
pub fn http_builder() -> reqwest::ClientBuilder {
    // The second and every later call in a process is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    builder.timeout(PATIENCE).dns_resolver(ThisMachine)
}

#[derive(Debug)]
struct ThisMachine;

impl Resolve for ThisMachine {
    fn resolve(&self, _: Name) -> Resolving {
        let here: Addrs = Box::new(std::iter::once((Ipv4Addr::LOCALHOST, 0).into()));
        Box::pin(std::future::ready(Ok(here)))
    }
}
