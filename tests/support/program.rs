//! The real binary, in a home of its own with nothing of the outer environment.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;

use super::{PATIENCE, Process, Ran, Redis, RedisCluster, Sentinels, free_port, http_builder, until};

const BINARY: &str = env!("CARGO_BIN_EXE_oauth-helper");

/// Longer than the program's own grace for requests in flight.
const GRACE: Duration = Duration::from_secs(35);

/// Where the program keeps grants.
#[derive(Debug, Clone, Copy)]
pub enum Backend<'a> {
    Embedded,
    Redis(&'a Redis),
    Sentinels(&'a Sentinels),
    Cluster(&'a RedisCluster),
}

/// One installation: a home, a port, settings. Serve it, run its verbs, both at the same time.
#[derive(Debug, Clone)]
pub struct Program {
    /// Holds `home` and `given`.
    place: Arc<TempDir>,
    home: PathBuf,
    settings: BTreeMap<String, String>,
}

impl Program {
    /// The operator's login token, unless the settings say otherwise.
    pub const LOGIN_TOKEN: &str = "canary-login-token-0123456789abcdef";
    /// The key that seals what goes to Redis: 32 bytes in base64.
    pub const ENCRYPTION_KEY: &str = "Y2FuYXJ5LWVuY3J5cHRpb24ta2V5LTAxMjM0NTY3ODk=";

    pub fn new(backend: Backend<'_>) -> Self {
        let place = Arc::new(TempDir::new().expect("a temporary folder"));
        let home = place.path().join("home");
        fs::create_dir(&home).expect("a home");
        let program = Self { place, home, settings: BTreeMap::new() };
        let program = program.with("PORT", &free_port().to_string()).with_secret("LOGIN__TOKEN", Self::LOGIN_TOKEN);
        let url = match backend {
            Backend::Embedded => return program,
            Backend::Redis(redis) => redis.url(),
            Backend::Sentinels(sentinels) => sentinels.url(),
            Backend::Cluster(cluster) => cluster.url(),
        };
        program.with("MESSAGE_QUEUE__URL", &url).with_secret("ENCRYPTION__KEY", Self::ENCRYPTION_KEY)
    }

    pub fn embedded() -> Self {
        Self::new(Backend::Embedded)
    }

    /// Sets `OAUTHCLIENT_{name}`.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(format!("OAUTHCLIENT_{name}"), value.to_owned());
        self
    }

    /// Sets `OAUTHCLIENT_{name}_FILE` to a file that holds `secret`, 0600.
    pub fn with_secret(self, name: &str, secret: &str) -> Self {
        let file = self.file(&name.to_lowercase(), secret);
        self.with(&format!("{name}_FILE"), &file)
    }

    /// Puts a file (0600) beside the home, where [`Self::bytes_at_rest`] does not look, and gives its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let folder = self.place.path().join("given");
        fs::create_dir_all(&folder).expect("a folder beside the home");
        let file = folder.join(name);
        write_private(&file, text);
        file.display().to_string()
    }

    /// Takes `OAUTHCLIENT_{name}` back.
    pub fn without(mut self, name: &str) -> Self {
        self.settings.remove(&format!("OAUTHCLIENT_{name}"));
        self
    }

    /// A second instance on another port with the same home, and so the same store.
    pub fn twin(&self) -> Self {
        self.clone().with("PORT", &free_port().to_string())
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn data_dir(&self) -> PathBuf {
        self.home().join("data")
    }

    pub fn token_cache(&self) -> PathBuf {
        self.home().join(".oauth_token_cache.json")
    }

    pub fn port(&self) -> &str {
        self.setting("PORT").unwrap_or("8080")
    }

    /// What the browser sees, without a slash at its end.
    pub fn public_url(&self) -> String {
        self.setting("PUBLIC_URL").map_or_else(|| self.bound_url(), |url| url.trim_end_matches('/').to_owned())
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url())
    }

    /// The default redirect URI.
    pub fn redirect_uri(&self) -> String {
        self.url("/auth_callback")
    }

    /// Starts the server and waits until it answers.
    pub async fn serve(&self) -> Server {
        let mut command = Process::command(BINARY);
        self.dress(&mut command);
        let mut server = Server { url: self.public_url(), process: Process::start(command) };
        let ready = timeout(PATIENCE, server.wait_for_answer(&self.bound_url())).await;
        assert!(ready.is_ok(), "it did not answer in {PATIENCE:?}; it printed:\n{}", server.log());
        server
    }

    /// Runs one verb to its end.
    pub async fn run<const N: usize>(&self, arguments: [&str; N]) -> Ran {
        self.run_with_input(arguments, "").await
    }

    /// Runs one verb with arguments of the story's own making.
    pub async fn run_with(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(BINARY);
        self.dress(&mut command);
        command.args(arguments);
        end(command, "").await
    }

    /// Runs one verb to its end, with something on its standard input.
    pub async fn run_with_input<const N: usize>(&self, arguments: [&str; N], input: &str) -> Ran {
        end(self.command(arguments), input).await
    }

    /// A verb in its home, not started yet.
    pub fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = Command::new(BINARY);
        self.dress(&mut command);
        command.args(arguments);
        command
    }

    /// Runs another program in its home, with its settings.
    pub async fn run_other(&self, program: &Path, arguments: &[&str], input: &str) -> Ran {
        let mut command = Command::new(program);
        self.dress(&mut command);
        command.args(arguments);
        end(command, input).await
    }

    /// Runs a line of shell in which `oauth-helper` is the binary: what a person copies from a page.
    pub async fn shell(&self, line: &str) -> Ran {
        let mut command = Command::new("/bin/sh");
        self.dress(&mut command);
        let folder = Path::new(BINARY).parent().expect("the binary is in a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{folder}:{path}")).args(["-c", line]);
        end(command, "").await
    }

    /// Starts a verb that goes on for a while, without a terminal.
    pub fn start<const N: usize>(&self, arguments: [&str; N]) -> Process {
        let mut command = Process::command(BINARY);
        self.dress(&mut command);
        command.args(arguments);
        Process::start(command)
    }

    /// Everything in the home: the store, the token cache file, what else was written; not the files given to it.
    pub fn bytes_at_rest(&self) -> Vec<u8> {
        let mut folders = vec![self.home().to_owned()];
        let mut bytes = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
                let path = entry.path();
                match entry.file_type().expect("a file type") {
                    kind if kind.is_dir() => folders.push(path),
                    kind if kind.is_file() => bytes.extend(fs::read(path).unwrap_or_default()),
                    _ => {}
                }
            }
        }
        bytes
    }

    fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(&format!("OAUTHCLIENT_{name}")).map(String::as_str)
    }

    fn bound_url(&self) -> String {
        let tls = self.setting("TLS__CERTS").is_some() || self.setting("TLS__SELF_SIGNED") == Some("true");
        format!("{}://127.0.0.1:{}", if tls { "https" } else { "http" }, self.port())
    }

    fn dress(&self, command: &mut Command) {
        command.env_clear().current_dir(self.home());
        // Coverage is written where this says.
        for kept in ["PATH", "LLVM_PROFILE_FILE"] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        command.env("HOME", self.home()).env("OAUTHCLIENT_DATA_DIR", self.data_dir());
        command.env("OAUTHCLIENT_OAUTH__TOKEN_CACHE", self.token_cache());
        command.envs(&self.settings);
    }
}

/// A program that serves. Dropped, it is asked to end, and killed where it does not.
#[derive(Debug)]
pub struct Server {
    url: String,
    process: Process,
}

impl Server {
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Everything it has logged so far.
    pub fn log(&self) -> String {
        self.process.printed()
    }

    /// Waits for a line of its log.
    pub async fn line(&self, part: &str) -> String {
        self.process.line(part).await
    }

    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Asks it to end (`TERM`), and waits until it has. Gives its exit status and its whole log.
    pub async fn stop(mut self) -> (ExitStatus, String) {
        self.process.signal("TERM");
        (self.process.exit().await, self.log())
    }

    /// Kills it in the middle of whatever it does.
    pub fn kill(mut self) {
        self.process.kill();
    }

    /// Any answer will do: a server whose public name is another one may refuse this address.
    async fn wait_for_answer(&mut self, bound: &str) {
        let http = http_builder().tls_danger_accept_invalid_certs(true).build().expect("an HTTP client");
        until(async || {
            assert!(self.process.is_running(), "it ended instead of serving:\n{}", self.log());
            http.get(format!("{bound}/healthz")).send().await.ok()
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process.is_running() {
            self.process.signal("TERM");
            self.process.ends_within(GRACE);
        }
    }
}

async fn end(command: Command, input: &str) -> Ran {
    let mut command = assert_cmd::Command::from_std(command);
    command.write_stdin(input).timeout(PATIENCE);
    // Not on this thread: a server of the test itself may have to answer in the meantime.
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    Ran(ended.expect("no panic").expect("it starts"))
}

fn write_private(file: &Path, text: &str) {
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).expect("a file in the home");
}
