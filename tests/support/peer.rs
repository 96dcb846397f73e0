//! What the real authorization servers of the tests have in common: a process, an issuer, and a count of what was asked.

use std::process::Command;

use serde_json::Value;

use super::{Process, http};

/// An authorization server that runs until it is dropped. Every one of them prints `authorization server ready`, and
/// answers `/_requests` with what it was asked.
#[derive(Debug)]
pub struct Peer {
    issuer: String,
    process: Process,
}

impl Peer {
    /// Starts one that will listen on this port of the loopback interface.
    pub async fn start(port: u16, command: Command) -> Self {
        let process = Process::start(command);
        process.line("authorization server ready").await;
        Self { issuer: format!("http://127.0.0.1:{port}"), process }
    }

    /// Ends it and starts `command` in its place.
    pub async fn start_again(&mut self, command: Command) {
        self.process.kill();
        self.process = Process::start(command);
        self.process.line("authorization server ready").await;
    }

    /// The issuer identifier, without a slash at its end.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// Its metadata (OpenID Connect Discovery 1.0).
    pub async fn metadata(&self) -> Value {
        self.json("/.well-known/openid-configuration").await
    }

    /// How often it was asked, for example, `POST /token`.
    pub async fn requests(&self, what: &str) -> usize {
        let asked = self.json("/_requests").await;
        asked.as_array().into_iter().flatten().filter(|request| *request == what).count()
    }

    /// Its own log, and the process, to stop (`STOP`) and continue (`CONT`) it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    async fn json(&self, path: &str) -> Value {
        let answer = http().get(self.url(path)).send().await.expect("the authorization server answers");
        serde_json::from_str(&answer.text().await.expect("a whole body")).expect("JSON")
    }
}
