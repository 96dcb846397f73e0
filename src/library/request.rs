//! One request to an API.

use super::error::Cause;
use super::{ApiClient, Error, Response};
use crate::flows::installation::ToApi;
use crate::flows::proxy::Target;
use serde::Serialize;
use std::fmt;
use std::pin::Pin;
use url::Url;
use url::form_urlencoded::Serializer;

/// A request to an API. Nothing happens before it is awaited.
#[must_use = "a request is sent when it is awaited"]
pub struct Request {
    client: ApiClient,
    method: String,
    target: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    wrong: Option<Error>,
}

impl Request {
    pub(super) fn new(client: ApiClient, method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { client, method, target, query: Vec::new(), headers: Vec::new(), body: None, wrong: None }
    }

    /// One more query parameter; it is encoded here.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// One more header. `Authorization`, `Cookie`, `Host` and what counts for one connection only are not sent.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body as it is. By way of a server, one of more than 64 KiB is not sent again after a 401.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// A body of JSON, and its `Content-Type`.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.header("Content-Type", "application/json").body(json),
            Err(why) => {
                self.wrong = Some(Cause::Unwritable { format: "JSON", why }.into());
                self
            }
        }
    }

    /// A body as HTML forms have it, and its `Content-Type`.
    pub fn form<'a>(self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.header("Content-Type", "application/x-www-form-urlencoded").body(body)
    }

    /// Sends it; awaiting the request itself is the same. Any status is an answer.
    ///
    /// # Errors
    /// When there is no token, the API cannot be reached, or the target is not below the base URL.
    pub async fn send(self) -> Result<Response, Error> {
        if let Some(error) = self.wrong {
            return Err(error);
        }
        let target = Aim::of(&self.target, &self.query)?;
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = ToApi { method: &self.method, target: target.target(), headers, body: self.body };
        self.client.send(request).await
    }
}

/// Where a request goes, taken apart.
enum Aim {
    Url(Url),
    Path { path: String, query: Option<String> },
}

impl Aim {
    fn of(target: &str, more: &[(String, String)]) -> Result<Self, Error> {
        let target = target.split('#').next().unwrap_or_default();
        if target.starts_with("https://") || target.starts_with("http://") {
            let no_url = |_| Cause::Url(target.chars().take(200).collect());
            let mut url = Url::parse(target).map_err(no_url)?;
            if !more.is_empty() {
                url.query_pairs_mut().extend_pairs(more);
            }
            return Ok(Self::Url(url));
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let more = Some(Serializer::new(String::new()).extend_pairs(more).finish()).filter(|more| !more.is_empty());
        let query: Vec<&str> = query.into_iter().chain(more.as_deref()).collect();
        let query = Some(query.join("&")).filter(|query| !query.is_empty());
        Ok(Self::Path { path: path.strip_prefix('/').unwrap_or(path).to_owned(), query })
    }

    fn target(&self) -> Target<'_> {
        match self {
            Self::Url(url) => Target::Url(url),
            Self::Path { path, query } => Target::Path { path, query: query.as_deref() },
        }
    }
}

impl IntoFuture for Request {
    type Output = Result<Response, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Query, headers and body may be secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split(['?', '#']).next().unwrap_or_default();
        f.debug_struct("Request").field("method", &self.method).field("target", &path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aimed(target: &str, more: &[(&str, &str)]) -> (String, Option<String>) {
        let more: Vec<(String, String)> = more.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        match Aim::of(target, &more).unwrap() {
            Aim::Path { path, query } => (path, query),
            Aim::Url(url) => (url.to_string(), None),
        }
    }

    #[test]
    fn a_target_is_a_path_with_a_query_or_a_whole_url() {
        for (target, more, path, query) in [
            ("/me", &[][..], "me", None),
            ("me", &[], "me", None),
            ("", &[], "", None),
            ("//me", &[], "/me", None),
            ("/me?a=%20#top", &[], "me", Some("a=%20")),
            ("/me?a=1", &[("b", "2 &")], "me", Some("a=1&b=2+%26")),
            ("/me", &[("b", "2")], "me", Some("b=2")),
            ("https://h/x?a=1", &[("b", "2")], "https://h/x?a=1&b=2", None),
        ] {
            assert_eq!(aimed(target, more), (path.to_owned(), query.map(str::to_owned)), "{target}");
        }
        assert!(Aim::of("https://", &[]).is_err());
    }
}
