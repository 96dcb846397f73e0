//! The HTTP API, asked with a key.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{Program, http};

/// A script that holds a key.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    pub key: String,
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Api {
    /// Makes a key for all clients with the command line, as an operator would.
    pub async fn of(program: &Program) -> Self {
        Self::with_key(program, program.run(["api-key", "create", "a script"]).await.done().out())
    }

    pub fn with_key(program: &Program, key: String) -> Self {
        Self { base: program.url("/api/v1"), key }
    }

    /// The same key at another instance.
    pub fn at(&self, program: &Program) -> Self {
        Self::with_key(program, self.key.clone())
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, String::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, body.to_string()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, String::new()).await
    }

    /// A request of the story's own making, with the key.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        http().request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Answer {
        Answer::to(self.request(method, path).header("content-type", "application/json").body(body)).await
    }
}

impl Answer {
    /// Sends a request and reads the whole answer.
    pub async fn to(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, body: answer.text().await.expect("a whole body") }
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }

    /// Status and stable code of a problem (RFC 9457).
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}
