//! One request to an authorization server and its answer, as values: what is asked is decided here, how it travels is not.

use super::{secret::Secret, timestamp::Timestamp};
use std::{borrow::Cow, fmt};
use time::{PrimitiveDateTime, macros::format_description};
use url::Url;
use zeroize::Zeroizing;

/// `Get` and `Post` are what the flows need; `Delete` ends a registration (RFC 7592 §2.3), `Put` is for our own API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// A request that is ready to be sent. `Debug` shows the method, the origin and the names of the headers: a query and
/// a header value may be secret.
#[derive(Clone)]
pub struct Outgoing {
    pub method: Method,
    pub url: Url,
    /// Name and value. `Accept: application/json` is sent unless it is said here.
    pub headers: Vec<(String, Secret)>,
    pub body: Option<Body>,
    /// Shown to a server that asks for a certificate (RFC 8705).
    pub identity: Option<TlsIdentity>,
}

/// A TLS client certificate and its key.
#[derive(Clone, Debug)]
pub struct TlsIdentity {
    /// PEM, the client's own certificate first.
    pub certificate: String,
    /// PEM.
    pub private_key: Secret,
}

/// What a request carries: encoded text and its media type.
#[derive(Clone, Debug)]
pub struct Body {
    pub content_type: &'static str,
    pub text: Secret,
}

/// What came back, whatever the status (a redirect never does: it is an error).
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// As sent, parameters included.
    pub content_type: Option<String>,
    /// Seconds to wait before asking again (RFC 9110 §10.2.3).
    pub retry_after: Option<u64>,
    pub www_authenticate: Option<String>,
    /// The nonce that the next DPoP proof has to carry (RFC 9449 §8).
    pub dpop_nonce: Option<String>,
    /// The version of what is answered, as `If-Match` wants it (RFC 9110 §8.8.3).
    pub etag: Option<String>,
    pub body: AnswerBody,
}

/// The decompressed bytes of an answer. Tokens are in there: `Debug` shows the length, and dropping wipes them.
#[derive(Clone, Default)]
pub struct AnswerBody(Zeroizing<Vec<u8>>);

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl Outgoing {
    pub fn get(url: Url) -> Self {
        Self { method: Method::Get, url, headers: Vec::new(), body: None, identity: None }
    }

    pub fn post(url: Url, body: Body) -> Self {
        Self { method: Method::Post, body: Some(body), ..Self::get(url) }
    }

    pub fn put(url: Url, body: Body) -> Self {
        Self { method: Method::Put, ..Self::post(url, body) }
    }

    pub fn delete(url: Url) -> Self {
        Self { method: Method::Delete, url, headers: Vec::new(), body: None, identity: None }
    }

    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: Secret) -> Self {
        self.headers.push((name.into(), value));
        self
    }
}

impl Body {
    /// `application/x-www-form-urlencoded`, in the order given.
    pub fn form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Self { content_type: "application/x-www-form-urlencoded", text: Secret::new(text) }
    }

    pub fn json(value: &serde_json::Value) -> Self {
        Self { content_type: "application/json", text: Secret::new(value.to_string()) }
    }
}

impl Answer {
    /// 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl AnswerBody {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. Like [`Secret::expose`], every use of this word is a place to review.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The same as text; what is not UTF-8 becomes U+FFFD.
    pub fn expose_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a `Retry-After` header, seconds or a date (RFC 9110 §10.2.3), as seconds from `now`. A past date is zero.
pub fn retry_after(text: &str, now: Timestamp) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let date =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let moment = PrimitiveDateTime::parse(text, date).ok()?.assume_utc().unix_timestamp();
    Some(u64::try_from(now.seconds_until(Timestamp(moment))).unwrap_or(0))
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("origin", &self.url.origin().ascii_serialization())
            .field("headers", &names)
            .field("body", &self.body)
            .finish()
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_query_nor_header_value_nor_body() {
        let url = "https://as.example/token?code=canary".parse().unwrap();
        let outgoing =
            Outgoing::post(url, Body::form([("code", "canary")])).header("Authorization", Secret::new("canary"));
        let answer = AnswerBody::new(b"canary".to_vec());
        let shown = format!("{outgoing:?} {answer:?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("https://as.example") && shown.contains("Authorization") && shown.contains("[6 bytes]"));
    }

    #[test]
    fn a_form_keeps_its_order_and_encodes() {
        let body = Body::form([("b", "x y&z"), ("a", "é")]);
        assert_eq!(body.text.expose(), "b=x+y%26z&a=%C3%A9");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ] {
            assert_eq!(retry_after(text, now), seconds, "{text}");
        }
    }
}
