//! An API whose answers the test gives, piece by piece, when it wants to.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::PATIENCE;

/// Listens, and answers nothing by itself.
#[derive(Debug)]
pub struct ResourceServer(TcpListener);

/// A call that waits for its answer. Each is the only one of its connection, if the answer says `connection: close`.
#[derive(Debug)]
pub struct Call {
    connection: TcpStream,
    /// Request line and headers.
    pub head: String,
    /// What of the body has been read and not been asked for.
    rest: Vec<u8>,
}

impl ResourceServer {
    pub async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a free port"))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.local_addr().expect("an address"))
    }

    /// Waits for the next call, not for its body.
    pub async fn asked(&self) -> Call {
        let accepted = timeout(PATIENCE, self.0.accept()).await.expect("a call in time");
        let (connection, _) = accepted.expect("a connection");
        let mut call = Call { connection, head: String::new(), rest: Vec::new() };
        let end = loop {
            match call.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => assert_ne!(call.read().await, 0, "half a head"),
            }
        };
        let body = call.rest.split_off(end);
        call.head = String::from_utf8(std::mem::replace(&mut call.rest, body)).expect("text");
        call
    }
}

impl Call {
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// Every value of a header, in one line.
    pub fn header(&self, name: &str) -> String {
        let start = format!("{name}: ").to_lowercase();
        let lines = self.head.lines().filter(|line| line.to_lowercase().starts_with(&start));
        lines.map(|line| &line[start.len()..]).collect::<Vec<_>>().join(", ")
    }

    pub fn token(&self) -> String {
        self.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned()
    }

    /// Reads the body until `part` has come, and takes all that has come. Chunk sizes are in it.
    pub async fn body_with(&mut self, part: &str) -> String {
        while !String::from_utf8_lossy(&self.rest).contains(part) {
            let so_far = String::from_utf8_lossy(&self.rest).into_owned();
            assert_ne!(self.read().await, 0, "the body ended without {part}: {so_far}");
        }
        String::from_utf8(std::mem::take(&mut self.rest)).expect("text")
    }

    /// Writes a piece of the answer.
    pub async fn say(&mut self, text: &str) {
        self.connection.write_all(text.as_bytes()).await.expect("somebody listens");
    }

    /// Answers with a status, such as `200 OK`, and a text.
    pub async fn answer(self, status: &str, body: &str) {
        self.answer_with(status, "", body).await;
    }

    /// The same with lines of headers, each with its end.
    pub async fn answer_with(mut self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        self.say(&format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"))
            .await;
    }

    /// Waits until the other side is gone.
    pub async fn left(mut self) {
        while self.connection.read_buf(&mut self.rest).await.unwrap_or(0) > 0 {}
    }

    /// Writes chunk after chunk until the other side takes no more.
    pub async fn talked_to_nobody(mut self) {
        let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
        let talking = async { while self.connection.write_all(chunk.as_bytes()).await.is_ok() {} };
        timeout(PATIENCE, talking).await.expect("the other side leaves");
    }

    async fn read(&mut self) -> usize {
        timeout(PATIENCE, self.connection.read_buf(&mut self.rest)).await.expect("in time").expect("it can be read")
    }
}
