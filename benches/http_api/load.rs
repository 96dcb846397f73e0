//! The load: connections that are kept open, each with one request under way at a time, on one thread.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

pub const CONNECTIONS: usize = 32;

#[derive(Debug)]
pub struct Load(Runtime);

/// Where requests go, and the request.
#[derive(Clone, Debug)]
pub struct Target {
    port: u16,
    request: Rc<[u8]>,
}

impl Target {
    pub fn new(port: u16, path: &str, key: Option<&str>) -> Self {
        let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{key}\r\n");
        Self { port, request: request.into_bytes().into() }
    }
}

impl Default for Load {
    fn default() -> Self {
        Self(Builder::new_current_thread().enable_all().build().expect("a runtime"))
    }
}

impl Load {
    /// Requests a second, for that long.
    pub fn rate(&self, target: &Target, time: Duration) -> f64 {
        let started = Instant::now();
        let done = self.run(target, move |_| started.elapsed() < time);
        done as f64 / started.elapsed().as_secs_f64()
    }

    /// So many requests.
    pub fn requests(&self, target: &Target, count: u64) {
        self.run(target, move |begun| begun < count);
    }

    /// Every connection goes on while `more` says so of the number of requests that were begun.
    fn run(&self, target: &Target, more: impl Fn(u64) -> bool + Copy + 'static) -> u64 {
        let (all, begun) = (LocalSet::new(), Rc::new(Cell::new(0)));
        for _ in 0..CONNECTIONS {
            let (target, begun) = (target.clone(), Rc::clone(&begun));
            all.spawn_local(async move {
                let mut connection = TcpStream::connect(("127.0.0.1", target.port)).await.expect("it listens");
                connection.set_nodelay(true).expect("a socket");
                let (mut buffer, mut usual) = (Vec::with_capacity(8192), 0);
                while more(begun.get()) {
                    begun.set(begun.get() + 1);
                    connection.write_all(&target.request).await.expect("it reads");
                    usual = answer(&mut connection, &mut buffer, usual).await;
                }
            });
        }
        self.0.block_on(all);
        begun.get()
    }
}

/// Reads one whole answer, which has to be a good one; its length in bytes. One as long as the one before, to which `usual`
/// is set, is not read in detail: the load shall cost little beside what it measures.
async fn answer(connection: &mut TcpStream, buffer: &mut Vec<u8>, usual: usize) -> usize {
    buffer.clear();
    loop {
        assert_ne!(connection.read_buf(buffer).await.expect("it answers"), 0, "the connection was closed");
        if buffer.len() == usual || length(buffer).is_some_and(|length| buffer.len() >= length) {
            assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(buffer));
            return buffer.len();
        }
    }
}

/// Bytes of head and body, once the head is there.
fn length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let body =
        text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
    Some(head + body.expect("a length"))
}
