//! From a response on the wire to an answer as a value.

use super::{Error, Limits};
use crate::oauth::{
    outgoing::{Answer, AnswerBody, retry_after},
    timestamp::Timestamp,
};
use reqwest::Response;

/// Reads the whole body; a redirect is refused before.
pub(super) async fn read(response: Response, host: &str, limits: Limits) -> Result<Answer, Error> {
    if response.status().is_redirection() {
        return Err(Error::Redirected { host: host.to_owned(), to: redirect_origin(&response) });
    }
    Ok(Answer {
        status: response.status().as_u16(),
        content_type: header(&response, "content-type"),
        retry_after: header(&response, "retry-after").and_then(|text| retry_after(&text, Timestamp::now())),
        www_authenticate: challenges(&response),
        dpop_nonce: header(&response, "dpop-nonce"),
        etag: header(&response, "etag"),
        body: body(response, host, limits).await?,
    })
}

/// Counts what comes out of decompression, so that a small answer cannot become a large one.
async fn body(mut response: Response, host: &str, limits: Limits) -> Result<AnswerBody, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|failure| Error::sort(&failure, host, limits))? {
        if bytes.len() + chunk.len() > limits.body {
            return Err(Error::TooLarge { host: host.to_owned(), limit: limits.body });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(AnswerBody::new(bytes))
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// Every challenge: a server may send each in a header of its own (RFC 9110 §5.3).
fn challenges(response: &Response) -> Option<String> {
    let lines = response.headers().get_all("www-authenticate").iter().filter_map(|line| line.to_str().ok());
    Some(lines.collect::<Vec<_>>().join(", ")).filter(|joined| !joined.is_empty())
}

/// The target's origin and no more: its query may hold what was sent.
fn redirect_origin(response: &Response) -> String {
    header(response, "location")
        .and_then(|location| response.url().join(&location).ok())
        .filter(|target| matches!(target.scheme(), "http" | "https"))
        .map_or_else(|| "an unusable address".to_owned(), |target| target.origin().ascii_serialization())
}
