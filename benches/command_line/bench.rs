//! What is measured stands on: a data folder with a grant in it, in either store.

use super::token_endpoint;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ENCRYPTION_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// A data folder with the client `bench`, which has a valid token.
pub struct Bench {
    program: PathBuf,
    folder: TempDir,
    port: u16,
    redis_url: Option<String>,
}

impl Bench {
    pub fn with_a_grant(program: impl Into<PathBuf>, redis: Option<&Redis>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let bench = Self { program: program.into(), folder, port: free_port(), redis_url: redis.map(Redis::url) };
        let token_url = token_endpoint::start();
        bench.run(&[
            "client",
            "add",
            "bench",
            "--grant",
            "client_credentials",
            "--client-id",
            "bench",
            "--auth",
            "none",
            "--token-url",
            &token_url,
        ]);
        bench.run(&["token", "bench"]);
        bench
    }

    /// The program, with these arguments and the settings of this bench.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().current_dir(self.folder.path());
        command.env("OAUTHCLIENT_PORT", self.port.to_string()).env("OAUTHCLIENT_DATA_DIR", self.folder.path());
        command.env("OAUTHCLIENT_OAUTH__TOKEN_CACHE", self.folder.path().join("clients.json"));
        if let Some(url) = &self.redis_url {
            command.env("OAUTHCLIENT_MESSAGE_QUEUE__URL", url).env("OAUTHCLIENT_ENCRYPTION__KEY", ENCRYPTION_KEY);
        }
        command
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn run(&self, arguments: &[&str]) {
        self.out(arguments);
    }

    /// What it prints.
    pub fn out(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Starts the server. Returns as soon as it accepts connections.
    pub fn serve(&self) -> Running {
        let server = self.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Running(server.expect("the program starts"));
        wait_for(self.port);
        server
    }
}

/// A child that ends with this value.
pub struct Running(Child);

impl Running {
    pub fn of(child: Child) -> Self {
        Self(child)
    }

    /// Resident memory in KiB.
    pub fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).expect("a running process has memory")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A redis-server that keeps what it is told, as docker-compose.yml starts it.
pub struct Redis {
    port: u16,
    _folder: TempDir,
    _server: Running,
}

impl Redis {
    pub fn start() -> Self {
        let (port, folder) = (free_port(), TempDir::new().expect("a temporary folder"));
        let server = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir", &folder.path().to_string_lossy()])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"])
            .stdout(Stdio::null())
            .spawn();
        let server = Running(server.expect("redis-server is installed"));
        wait_for(port);
        Self { port, _folder: folder, _server: server }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

pub fn wait_for(port: u16) {
    let before = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(before.elapsed() < Duration::from_secs(10), "nothing listens at port {port}");
        sleep(Duration::from_micros(100));
    }
}
