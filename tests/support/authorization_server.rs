//! The authorization server of most tests: oidc-provider, see `tests/peers/oidc-provider/server.mjs`.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Peer, Process, free_port};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/oidc-provider");

/// A running authorization server. It knows these clients, all with the redirect URI it was started with:
/// `test-client` (Basic), `test-post`, `test-public` (no secret), `test-secret-jwt`, `test-pkjwt`, `test-par`, `test-jar`,
/// `test-jarm`, `test-dpop`, `test-es256`, `test-eddsa`; more can be registered (RFC 7591) at `/reg`.
#[derive(Debug)]
pub struct AuthorizationServer {
    peer: Peer,
    state: State,
    variables: Vec<(String, String)>,
}

/// Where its keys are. The shared ones are made once for all servers; certificates are made for one server alone.
#[derive(Debug)]
enum State {
    Shared,
    Own(TempDir),
}

impl AuthorizationServer {
    /// A confidential client: Basic, authorization code, device code, client credentials.
    pub const CLIENT_ID: &str = "test-client";
    pub const PUBLIC_CLIENT_ID: &str = "test-public";
    pub const CLIENT_SECRET: &str = "canary-secret-0123456789-0123456789-0123456789";

    /// Starts one for clients whose redirect URI is `redirect_uri` (or several, separated by commas).
    pub async fn start(redirect_uri: &str) -> Self {
        Self::with(redirect_uri, &[]).await
    }

    /// Starts one with some of the variables of `server.mjs`, such as `("ACCESS_TTL", "5")` or `("ROTATE", "0")`.
    pub async fn with(redirect_uri: &str, variables: &[(&str, &str)]) -> Self {
        Self::launch(redirect_uri, variables, State::Shared).await
    }

    /// Starts one with a mutual-TLS listener and the clients `test-mtls` and `test-mtls-selfsigned`. Costs a second for
    /// its certificates, which are in [`Self::state`]: `ca.crt`, `client.crt`, `client.key`, `ss.crt`, `ss.key`.
    pub async fn with_mutual_tls(redirect_uri: &str) -> Self {
        let state = State::Own(TempDir::new().expect("a temporary folder"));
        Self::launch(redirect_uri, &[("MTLS_PORT", &free_port().to_string())], state).await
    }

    async fn launch(redirect_uri: &str, variables: &[(&str, &str)], state: State) -> Self {
        assert!(
            Path::new(FOLDER).join("node_modules").exists(),
            "run `npm ci --ignore-scripts` in {FOLDER}, or scripts/test"
        );
        let number = free_port();
        let port = number.to_string();
        let folder = state.path().display().to_string();
        let own = [
            ("STATE_DIR", folder.as_str()),
            ("PORT", &port),
            ("REDIRECT_URI", redirect_uri),
            ("CLIENT_SECRET", Self::CLIENT_SECRET),
        ];
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables: Vec<_> = own.iter().chain(variables).map(owned).collect();
        Self { peer: Peer::start(number, command(&variables)).await, state, variables }
    }

    /// Ends it and starts another one at the same address: the same clients, but every login and every grant forgotten.
    pub async fn start_again(&mut self) {
        self.peer.start_again(command(&self.variables)).await;
    }

    /// The folder of its keys: `client-private-jwks.json`, `client-c-rs256.pem`, `client-c-es256.pem`, `client-c-ed.pem`.
    pub fn state(&self) -> PathBuf {
        self.state.path()
    }
}

/// At its [`Peer::url`]: `/auth`, `/token`, `/me`, `/token/introspection`, `/token/revocation`, `/device/auth`, `/request`.
impl Deref for AuthorizationServer {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

fn command(variables: &[(String, String)]) -> Command {
    let mut command = Process::command("node");
    command.arg("server.mjs").current_dir(FOLDER).envs(variables.iter().cloned());
    command
}

impl State {
    fn path(&self) -> PathBuf {
        match self {
            Self::Shared => Path::new(env!("CARGO_TARGET_TMPDIR")).join("authorization-server"),
            Self::Own(folder) => folder.path().to_owned(),
        }
    }
}
