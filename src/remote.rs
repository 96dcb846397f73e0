//! Another installation of this program, asked over its HTTP API with a key.

mod passed_on;

pub use passed_on::PassedOn;
mod stream;

pub use stream::{Message, Stream};

use crate::authorization_server::{self, Network, Outbound};
use crate::oauth::outgoing::{Answer, Body, Outgoing};
use crate::oauth::secret::Secret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// A handle; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Remote {
    server: Url,
    key: Secret,
    network: Arc<Network>,
}

/// Why there is no answer, or none that says yes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the server says itself (RFC 9457), with the next step in it.
    #[error("{detail}")]
    Problem { code: String, detail: String },
    #[error("the server of OAUTHCLIENT_SERVER could not be asked: {0}")]
    Network(#[from] authorization_server::Error),
    #[error("{host} answered with HTTP status {status}, and not as this program does; correct OAUTHCLIENT_SERVER")]
    Stranger { host: String, status: u16 },
}

impl Error {
    /// The stable code of a problem.
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Problem { code, .. } => Some(code),
            Error::Network(_) | Error::Stranger { .. } => None,
        }
    }
}

/// One call: the path below `/api/v1`, and the query.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    path: &'a [&'a str],
    query: Vec<(&'a str, String)>,
}

/// On which version something may be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    None,
    /// Only create.
    Absent,
    /// Only this one, by its `ETag`.
    Version(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Created,
    Replaced,
}

impl<'a> Call<'a> {
    pub fn to(path: &'a [&'a str]) -> Self {
        Self { path, query: Vec::new() }
    }

    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }
}

impl Remote {
    /// `server` is the public URL of the installation. It may be at a private address, there also over plain http: the
    /// operator named it.
    ///
    /// # Errors
    /// When the CA file cannot be used.
    pub fn new(server: Url, key: Secret, ca_file: Option<PathBuf>) -> Result<Self, authorization_server::Error> {
        let network = Arc::new(Network::new(&Outbound { allow_private: true, ca_file })?);
        Ok(Self { server, key, network })
    }

    /// The address of a page, for people.
    pub fn page(&self, path: &[&str]) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    pub async fn get<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Error> {
        self.json(Outgoing::get(self.url(call))).await
    }

    pub async fn post<T: DeserializeOwned>(&self, call: Call<'_>, body: &Value) -> Result<T, Error> {
        self.json(Outgoing::post(self.url(call), Body::json(body))).await
    }

    /// A post whose answer says nothing but yes.
    pub async fn tell(&self, call: Call<'_>) -> Result<(), Error> {
        self.send(Outgoing::post(self.url(call), Body::json(&Value::Null))).await.map(drop)
    }

    /// The answer, and its version where the server names one.
    pub async fn get_version<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<(T, Option<String>), Error> {
        let answer = self.send(Outgoing::get(self.url(call))).await?;
        Ok((self.read(&answer)?, answer.etag))
    }

    pub async fn put(&self, call: Call<'_>, body: &Value, condition: Condition) -> Result<Stored, Error> {
        let request = Outgoing::put(self.url(call), Body::json(body));
        let request = match condition {
            Condition::None => request,
            Condition::Absent => request.header("If-None-Match", Secret::new("*")),
            Condition::Version(etag) => request.header("If-Match", Secret::new(etag)),
        };
        let answer = self.send(request).await?;
        Ok(if answer.status == 201 { Stored::Created } else { Stored::Replaced })
    }

    pub async fn delete(&self, call: Call<'_>) -> Result<(), Error> {
        self.send(Outgoing::delete(self.url(call))).await.map(drop)
    }

    fn url(&self, call: Call<'_>) -> Url {
        let mut url = self.page(&[&["api", "v1"], call.path].concat());
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        url
    }

    async fn json<T: DeserializeOwned>(&self, request: Outgoing) -> Result<T, Error> {
        let answer = self.send(request).await?;
        self.read(&answer)
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Error> {
        serde_json::from_slice(answer.body.expose()).map_err(|_| self.stranger(answer.status))
    }

    async fn send(&self, request: Outgoing) -> Result<Answer, Error> {
        let answer = self.network.send(request.header("Authorization", self.authorization())).await?;
        if answer.is_success() { Ok(answer) } else { Err(self.problem(answer.status, answer.body.expose())) }
    }

    fn problem(&self, status: u16, body: &[u8]) -> Error {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        match (text("code"), text("detail")) {
            (Some(code), Some(detail)) => Error::Problem { code, detail },
            _ => self.stranger(status),
        }
    }

    fn stranger(&self, status: u16) -> Error {
        Error::Stranger { host: self.server.host_str().unwrap_or_default().to_owned(), status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(server: &str) -> Remote {
        Remote::new(server.parse().unwrap(), Secret::new("canary"), None).unwrap()
    }

    #[test]
    fn a_call_goes_below_the_public_url_and_cannot_leave_it() {
        let call = || Call::to(&["clients", "../a b", "token"]).with("account", "me&you").with("min_valid", 60);
        for (server, expected) in [
            ("http://h:1", "http://h:1/api/v1/clients/..%2Fa%20b/token?account=me%26you&min_valid=60"),
            ("https://h/helper/", "https://h/helper/api/v1/clients/..%2Fa%20b/token?account=me%26you&min_valid=60"),
        ] {
            assert_eq!(remote(server).url(call()).as_str(), expected);
        }
        assert!(!format!("{:?}", remote("http://h")).contains("canary"));
    }

    #[tokio::test]
    async fn a_public_server_is_not_asked_over_plain_http() {
        let refused = remote("http://1.1.1.1").get::<Value>(Call::to(&["status"])).await.unwrap_err();
        assert!(refused.to_string().contains("use https"), "{refused}");
    }
}
