//! The answer of an API.

use super::Error;
use super::error::Cause;
use crate::authorization_server::Relaying;
use serde::de::DeserializeOwned;
use std::fmt;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The answer of an API, whichever status it has. Its body is still coming.
#[must_use]
pub struct Response(Relaying);

impl Response {
    pub(super) fn new(answer: Relaying) -> Self {
        Self(answer)
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// Whether the status is 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// The first value of a header, if it is text. Upper and lower case are the same.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.0.headers().into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// All headers whose values are text, as they came.
    pub fn headers(&self) -> Vec<(&str, &str)> {
        self.0.headers()
    }

    /// The whole body.
    ///
    /// # Errors
    /// When the API breaks off.
    pub async fn bytes(self) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        let mut reader = Box::pin(self.into_reader());
        reader.read_to_end(&mut body).await.map_err(|_| Cause::BrokenOff)?;
        Ok(body)
    }

    /// The whole body as text; what is not UTF-8 is replaced.
    ///
    /// # Errors
    /// When the API breaks off.
    pub async fn text(self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.bytes().await?).into_owned())
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    /// When the API breaks off, or says something else than was expected.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        Ok(serde_json::from_slice(&self.bytes().await?).map_err(Cause::NotJson)?)
    }

    /// The body as it comes.
    pub fn into_reader(self) -> impl AsyncRead + Send + 'static {
        self.0.into_body()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status()).finish_non_exhaustive()
    }
}
