//! A token endpoint whose answers the test gives, when it wants to.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::PATIENCE;

/// Listens, and answers nothing by itself.
#[derive(Debug)]
pub struct TokenEndpoint(TcpListener);

/// A request that waits for its answer.
#[derive(Debug)]
pub struct TokenRequest {
    connection: TcpStream,
    /// Head and body.
    pub text: String,
}

impl TokenEndpoint {
    pub async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a free port"))
    }

    pub fn url(&self) -> String {
        format!("http://{}/token", self.0.local_addr().expect("an address"))
    }

    /// Waits for the next request.
    pub async fn asked(&self) -> TokenRequest {
        let accepted = timeout(PATIENCE, self.0.accept()).await.expect("a request in time");
        let (mut connection, _) = accepted.expect("a connection");
        let mut bytes = Vec::new();
        while !is_whole(&bytes) {
            let read = timeout(PATIENCE, connection.read_buf(&mut bytes)).await.expect("in time");
            assert_ne!(read.expect("a readable connection"), 0, "half a request: {}", String::from_utf8_lossy(&bytes));
        }
        TokenRequest { connection, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

impl TokenRequest {
    /// Answers with a status, such as `200 OK`, and JSON.
    pub async fn answer(mut self, status: &str, json: Value) {
        let body = json.to_string();
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
        let whole = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        self.connection.write_all(whole.as_bytes()).await.expect("the program still listens");
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
