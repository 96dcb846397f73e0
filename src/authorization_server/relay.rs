//! Passing on a request of somebody else: streamed both ways, under the same address policy as every other one.

use super::{Error, Limits, Network, Purpose, authority};
use crate::oauth::outgoing::TlsIdentity;
use crate::oauth::secret::Secret;
use futures_util::{StreamExt, stream};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method, Response};
use std::io;
use std::time::{Duration, Instant};
use tokio::io::AsyncRead;
use tokio::sync::mpsc;
use tokio_util::io::StreamReader;
use url::Url;

/// How long an API may say nothing, before its answer or in the middle of it.
pub(super) const SILENCE: Duration = Duration::from_secs(300);
/// How long a connection is kept for the next request. Short, since an API may close it at any time.
pub(super) const IDLE: Duration = Duration::from_secs(15);

/// A request to be passed on. Its headers are complete but for those that the connection itself needs.
#[derive(Debug)]
pub struct Relayed<'r> {
    /// `GET`, `PROPFIND`, …
    pub method: &'r str,
    pub url: Url,
    pub headers: Vec<(&'r str, &'r str)>,
    /// The same for values that are secret; each replaces what has its name.
    pub secret_headers: Vec<(String, Secret)>,
    pub body: RelayedBody,
    /// Bytes of a body that is streamed, if its sender said so.
    pub length: Option<u64>,
    pub identity: Option<TlsIdentity>,
}

#[derive(Debug)]
pub enum RelayedBody {
    None,
    Whole(Vec<u8>),
    /// Ends with the channel; an error in it breaks the request off.
    Stream(mpsc::Receiver<io::Result<Vec<u8>>>),
}

/// An answer whose body is still coming.
#[derive(Debug)]
pub struct Relaying(Response);

impl Network {
    /// Sends once, and answers as soon as the head of the answer is there, whatever its status; a redirect is an answer.
    pub async fn relay(&self, relayed: Relayed<'_>) -> Result<Relaying, Error> {
        let (method, host) = (relayed.method.to_owned(), authority(&relayed.url));
        let started = Instant::now();
        let result = self.pass_on(relayed, &host).await;
        let duration_ms = started.elapsed().as_millis();
        match &result {
            Ok(answer) => tracing::info!(method, host, status = answer.status(), duration_ms, "request passed on"),
            Err(error) => tracing::warn!(method, host, %error, duration_ms, "request not passed on"),
        }
        result
    }

    async fn pass_on(&self, relayed: Relayed<'_>, host: &str) -> Result<Relaying, Error> {
        let policy = self.admit(&relayed.url)?;
        let client = self.client(policy, Purpose::Relay, relayed.identity.as_ref())?;
        let bad_method = |_| Error::BadUrl { reason: "its method cannot be sent" };
        let method = Method::from_bytes(relayed.method.as_bytes()).map_err(bad_method)?;
        let request = client.request(method, relayed.url).headers(headers(&relayed.headers, &relayed.secret_headers)?);
        let request = match (relayed.body, relayed.length) {
            (RelayedBody::None, _) => request,
            (RelayedBody::Whole(bytes), _) => request.body(bytes),
            (RelayedBody::Stream(chunks), None) => request.body(streamed(chunks)),
            (RelayedBody::Stream(chunks), Some(length)) => {
                request.header("content-length", length).body(streamed(chunks))
            }
        };
        let limits = Limits { total: SILENCE, ..self.limits };
        request.send().await.map(Relaying).map_err(|failure| Error::sort(&failure, host, limits))
    }
}

fn streamed(chunks: mpsc::Receiver<io::Result<Vec<u8>>>) -> Body {
    Body::wrap_stream(stream::unfold(chunks, async |mut chunks| Some((chunks.recv().await?, chunks))))
}

fn headers(plain: &[(&str, &str)], secret: &[(String, Secret)]) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::new();
    let name = |text: &str| {
        HeaderName::try_from(text).map_err(|_| Error::BadHeader { name: text.escape_default().take(64).collect() })
    };
    for (text, value) in plain {
        let value = HeaderValue::try_from(*value).map_err(|_| Error::BadHeader { name: (*text).to_owned() })?;
        map.append(name(text)?, value);
    }
    for (text, value) in secret {
        let bad = |_| Error::BadHeader { name: text.clone() };
        let mut value = HeaderValue::try_from(value.expose()).map_err(bad)?;
        value.set_sensitive(true);
        map.insert(name(text)?, value);
    }
    Ok(map)
}

impl Relaying {
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// Bytes that the API says its body has.
    pub fn length(&self) -> Option<u64> {
        self.0.headers().get("content-length")?.to_str().ok()?.parse().ok()
    }

    /// Those whose values are text.
    pub fn headers(&self) -> Vec<(&str, &str)> {
        let each = self.0.headers().iter();
        each.filter_map(|(name, value)| Some((name.as_str(), str::from_utf8(value.as_bytes()).ok()?))).collect()
    }

    /// The body as it comes. Dropping it ends the connection.
    pub fn into_body(self) -> impl AsyncRead + Send + 'static {
        let chunks = self.0.bytes_stream();
        // The client's own text holds the URL.
        StreamReader::new(chunks.map(|chunk| chunk.map_err(|_| io::Error::other("the API broke off its answer"))))
    }
}
