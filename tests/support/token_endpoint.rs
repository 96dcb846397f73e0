//! A token endpoint whose answers the test gives, when it wants to.

use serde_json::{Value, json};
use std::time::Duration;
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

    /// Whether nobody has asked since: a request that was sent before this is called is seen.
    pub async fn was_left_alone(&self) -> bool {
        timeout(Duration::from_millis(200), self.0.accept()).await.is_err()
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
    /// A parameter of a form, blank where there is none.
    pub fn parameter(&self, name: &str) -> String {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let mut pairs = url::form_urlencoded::parse(body.as_bytes()).into_owned();
        pairs.find(|(key, _)| key == name).map_or_else(String::new, |(_, value)| value)
    }

    /// Answers with a status, such as `200 OK`, and JSON.
    pub async fn answer(self, status: &str, json: Value) {
        self.answer_with(status, "content-type: application/json\r\n", json.to_string().as_bytes()).await;
    }

    /// Answers with new tokens that live for an hour.
    pub async fn grant(self, access_token: &str, refresh_token: &str) {
        let tokens = json!({"access_token": access_token, "refresh_token": refresh_token, "token_type": "Bearer",
            "expires_in": 3600});
        self.answer("200 OK", tokens).await;
    }

    /// Answers with headers, each with its line end, and any bytes.
    pub async fn answer_with(mut self, status: &str, headers: &str, body: &[u8]) {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n");
        // Who has heard enough may hang up.
        let _ = self.connection.write_all(&[head.as_bytes(), body].concat()).await;
        let _ = self.connection.shutdown().await;
    }

    /// Sends some bytes and then no more, but does not hang up until it is dropped.
    pub async fn begin(&mut self, bytes: &[u8]) {
        self.connection.write_all(bytes).await.expect("the program still listens");
    }

    /// The refresh token that was handed in, or nothing.
    pub fn refresh_token(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let found = url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "refresh_token");
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
