//! Doorkeeper, see `tests/peers/doorkeeper/server.rb`.

use std::ops::Deref;

use tempfile::TempDir;

use super::{Peer, Process, free_port};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/doorkeeper");

/// A running Doorkeeper with the clients `test-client` and `test-public` (no secret), and one person: alice, whose
/// password is [`Self::PASSWORD`]. HTTP Basic is taken only as it is.
#[derive(Debug)]
pub struct Doorkeeper {
    peer: Peer,
    /// Its database.
    state: TempDir,
}

impl Doorkeeper {
    /// Another secret raw than form-encoded.
    pub const CLIENT_SECRET: &str = "canary:a+b%c d=0123456789";
    pub const PASSWORD: &str = "password";

    /// Starts one for clients whose redirect URI is `redirect_uri`.
    pub async fn start(redirect_uri: &str) -> Self {
        let (port, state) = (free_port(), TempDir::new().expect("a temporary folder"));
        let mut command = Process::command("ruby");
        command.args(["-W0", "server.rb"]).current_dir(FOLDER);
        command.env("PORT", port.to_string()).env("STATE_DIR", state.path());
        command.env("REDIRECT_URI", redirect_uri).env("CLIENT_SECRET", Self::CLIENT_SECRET);
        Self { peer: Peer::start(port, command).await, state }
    }
}

impl Deref for Doorkeeper {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}
