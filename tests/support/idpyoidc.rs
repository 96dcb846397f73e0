//! idpyoidc, see `tests/peers/idpyoidc/server.py`.

use std::ops::Deref;
use std::path::Path;

use tempfile::TempDir;

use super::{Peer, Process, free_port};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/idpyoidc");

/// A running idpyoidc, where alice is logged in without a page. Each client has one way to authenticate: `test-client`
/// (Basic), `test-post`, `test-public`, `test-secret-jwt`, `test-pkjwt`.
#[derive(Debug)]
pub struct Idpyoidc {
    peer: Peer,
    /// Its keys, and those of `test-pkjwt`.
    state: TempDir,
}

impl Idpyoidc {
    pub const CLIENT_SECRET: &str = "canary-secret-0123456789-0123456789-0123456789";

    /// Starts one for clients whose redirect URI is `redirect_uri`.
    pub async fn start(redirect_uri: &str) -> Self {
        let python = Path::new(FOLDER).join("venv/bin/python");
        assert!(python.exists(), "make the Python environment in {FOLDER} with scripts/test");
        let (port, state) = (free_port(), TempDir::new().expect("a temporary folder"));
        let mut command = Process::command(python);
        command.arg("server.py").current_dir(FOLDER).env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("PORT", port.to_string()).env("STATE_DIR", state.path());
        command.env("REDIRECT_URI", redirect_uri).env("CLIENT_SECRET", Self::CLIENT_SECRET);
        Self { peer: Peer::start(port, command).await, state }
    }

    /// The private key of `test-pkjwt` with this ID: `rs256` or `es256`.
    pub fn key(&self, kid: &str) -> String {
        self.state.path().join(format!("client-{kid}.pem")).display().to_string()
    }
}

impl Deref for Idpyoidc {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}
