//! Children of the tests, none of which outlives its test, whatever ends it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use wait_timeout::ChildExt;

use super::PATIENCE;

/// The program replaces this shell and keeps its process id. A watcher beside it reads a pipe whose other end is ours:
/// when that closes, because the value is dropped or because the test process is no more, the whole group is killed.
const WARD: &str = r#"exec 3<&0
(read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null"#;

/// A running program, and everything it has printed.
#[derive(Debug)]
pub struct Process {
    child: Child,
    printed: watch::Receiver<String>,
}

impl Process {
    /// A command for [`Process::start`]: add arguments and variables to it.
    pub fn command(program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WARD, "ward"]).arg(program).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("/bin/sh starts");
        let (sender, printed) = watch::channel(String::new());
        let sender = Arc::new(sender);
        record(child.stdout.take().expect("stdout is piped"), Arc::clone(&sender));
        record(child.stderr.take().expect("stderr is piped"), sender);
        Self { child, printed }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything printed so far, stdout and stderr together.
    pub fn printed(&self) -> String {
        self.printed.borrow().clone()
    }

    /// Waits for a line that contains `part`, and returns it. Panics when the program ends without it.
    pub async fn line(&self, part: &str) -> String {
        let mut printed = self.printed.clone();
        let waited = timeout(PATIENCE, printed.wait_for(|text| find(text, part).is_some())).await;
        match waited {
            Ok(Ok(text)) => find(&text, part).expect("it was found").to_owned(),
            Ok(Err(_)) => panic!("the program ended without a line {part:?}; it printed:\n{}", self.printed()),
            Err(_) => panic!("no line {part:?} in {PATIENCE:?}; the program printed:\n{}", self.printed()),
        }
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// Waits so long for its end; whether it came.
    pub fn ends_within(&mut self, time: Duration) -> bool {
        self.child.wait_timeout(time).expect("a child can be waited for").is_some()
    }

    /// Sends a signal by name: `TERM`, `INT`, `STOP`, `CONT`, `HUP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("/bin/sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal {name} could not be sent");
    }

    /// Waits until it has ended and all it printed has been read.
    pub async fn exit(&mut self) -> ExitStatus {
        let mut printed = self.printed.clone();
        let ended = timeout(PATIENCE, async { while printed.changed().await.is_ok() {} }).await;
        assert!(ended.is_ok(), "it still ran after {PATIENCE:?}; it printed:\n{}", self.printed());
        self.child.wait().expect("a child can be waited for")
    }

    /// Kills it and all its children, as a power cut would.
    pub fn kill(&mut self) {
        drop(self.child.stdin.take());
        // It may have been waited for already.
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn record(pipe: impl Read + Send + 'static, printed: Arc<watch::Sender<String>>) {
    thread::spawn(move || {
        let mut lines = BufReader::new(pipe);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            printed.send_modify(|text| text.push_str(&String::from_utf8_lossy(&line)));
            line.clear();
        }
    });
}

fn find<'a>(text: &'a str, part: &str) -> Option<&'a str> {
    text.lines().find(|line| line.contains(part))
}
