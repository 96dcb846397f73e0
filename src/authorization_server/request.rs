//! From a request as a value to a request on the wire.

use super::Error;
use crate::oauth::{
    outgoing::{Method, Outgoing},
    secret::Secret,
};
use reqwest::{
    Client, RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};

/// Headers that decide where a message ends or for whom it is, which is not for a definition to say.
const OURS: [&str; 7] = ["host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade"];

pub(super) fn build(client: &Client, outgoing: Outgoing) -> Result<RequestBuilder, Error> {
    let method = match outgoing.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(body) = &outgoing.body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.content_type));
    }
    for (name, value) in &outgoing.headers {
        let (name, value) = header(name, value)?;
        headers.insert(name, value);
    }
    let request = client.request(method, outgoing.url).headers(headers);
    Ok(match outgoing.body {
        Some(body) => request.body(body.text.expose().to_owned()),
        None => request,
    })
}

fn header(name: &str, value: &Secret) -> Result<(HeaderName, HeaderValue), Error> {
    let bad = || Error::BadHeader { name: name.escape_default().take(64).collect() };
    let parsed = HeaderName::try_from(name).map_err(|_| bad())?;
    if OURS.contains(&parsed.as_str()) {
        return Err(bad());
    }
    let mut value = HeaderValue::try_from(value.expose()).map_err(|_| bad())?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_would_split_or_redirect_the_message_is_refused() {
        for (name, value) in
            [("X-A", "a\r\nX-B: canary"), ("a b", "canary"), ("Host", "canary"), ("Transfer-Encoding", "chunked")]
        {
            let error = header(name, &Secret::new(value)).unwrap_err();
            assert_eq!(error, Error::BadHeader { name: name.to_owned() });
            assert!(!error.to_string().contains("canary"));
        }
        assert!(header("Authorization", &Secret::new("Basic YQ==")).is_ok());
    }
}
