//! Requests to an API, and their answers.

use super::TokenStore;
use crate::library::{self, Error};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read};
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncReadExt};

/// [`ApiClient`](crate::ApiClient), each request to its end.
#[derive(Clone, Debug)]
pub struct ApiClient {
    store: TokenStore,
    client: library::ApiClient,
}

/// [`Request`](crate::Request): nothing happens before [`send`](Self::send).
#[derive(Debug)]
#[must_use = "a request is sent by send()"]
pub struct Request {
    store: TokenStore,
    request: library::Request,
}

/// [`Response`](crate::Response): the answer, whichever status it has.
#[derive(Debug)]
#[must_use]
pub struct Response {
    store: TokenStore,
    response: library::Response,
}

impl ApiClient {
    pub(super) fn new(store: TokenStore, client: library::ApiClient) -> Self {
        Self { store, client }
    }

    /// `client`, or `client@account`.
    pub fn name(&self) -> String {
        self.client.name()
    }

    /// `target`: percent-encoded, such as `/me?fields=name`, or a whole URL below the base URL.
    pub fn get(&self, target: &str) -> Request {
        self.request("GET", target)
    }

    pub fn post(&self, target: &str) -> Request {
        self.request("POST", target)
    }

    pub fn put(&self, target: &str) -> Request {
        self.request("PUT", target)
    }

    pub fn patch(&self, target: &str) -> Request {
        self.request("PATCH", target)
    }

    pub fn delete(&self, target: &str) -> Request {
        self.request("DELETE", target)
    }

    /// Any method.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request { store: self.store.clone(), request: self.client.request(method, target) }
    }
}

impl Request {
    /// One more query parameter; it is encoded here.
    pub fn query(self, name: &str, value: impl ToString) -> Self {
        Self { request: self.request.query(name, value), ..self }
    }

    /// One more header. `Authorization`, `Cookie`, `Host` and what counts for one connection only are not sent.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// The body as it is.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { request: self.request.body(body), ..self }
    }

    /// A body of JSON, and its `Content-Type`.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        Self { request: self.request.json(value), ..self }
    }

    /// A body as HTML forms have it, and its `Content-Type`.
    pub fn form<'a>(self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { request: self.request.form(fields), ..self }
    }

    /// Sends it, and waits for the head of the answer. Any status is an answer.
    ///
    /// # Errors
    /// When there is no token, the API cannot be reached, or the target is not below the base URL.
    pub fn send(self) -> Result<Response, Error> {
        let response = self.store.runtime().wait(self.request.send())?;
        Ok(Response { store: self.store, response })
    }
}

impl Response {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// Whether the status is 200 to 299.
    pub fn is_success(&self) -> bool {
        self.response.is_success()
    }

    /// The first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.header(name)
    }

    /// All headers whose values are text.
    pub fn headers(&self) -> Vec<(&str, &str)> {
        self.response.headers()
    }

    /// The whole body.
    ///
    /// # Errors
    /// When the API breaks off.
    pub fn bytes(self) -> Result<Vec<u8>, Error> {
        self.store.runtime().wait(self.response.bytes())
    }

    /// The whole body as text.
    ///
    /// # Errors
    /// When the API breaks off.
    pub fn text(self) -> Result<String, Error> {
        self.store.runtime().wait(self.response.text())
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    /// When the API breaks off, or says something else than was expected.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.store.runtime().wait(self.response.json())
    }

    /// The body as it comes.
    pub fn into_reader(self) -> impl Read + Send + 'static {
        Body { store: self.store, reader: Box::pin(self.response.into_reader()) }
    }
}

struct Body {
    store: TokenStore,
    reader: Pin<Box<dyn AsyncRead + Send>>,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.store.runtime().wait(self.reader.read(buffer))
    }
}
