//! Requests to a client's API by way of the other installation's proxy, which attaches the token.

use super::{Error, Remote};
use crate::authorization_server::{Relayed, RelayedBody, Relaying};
use crate::oauth::name::GrantName;
use crate::oauth::proxied::{self, ACCOUNT, BadPath, PROXIED};
use crate::oauth::secret::Secret;
use tokio::io::AsyncReadExt;
use url::Url;

/// Bytes of an error of the server that are read.
const LONGEST_PROBLEM: u64 = 64 * 1024;

/// A request as somebody wants it passed on.
#[derive(Debug)]
pub struct PassedOn<'r> {
    pub method: &'r str,
    /// What is for the other installation alone is taken out.
    pub headers: Vec<(&'r str, &'r str)>,
    pub body: Option<Vec<u8>>,
}

impl Remote {
    /// Where a request below the client's base URL goes. `path`: percent-encoded, without a slash at its start.
    pub fn proxy(&self, name: &GrantName, path: &str, query: Option<&str>) -> Result<Url, BadPath> {
        proxied::target(&self.page(&["api", "v1", "proxy", name.client.as_str()]), path, query)
    }

    /// The answer of the API, whichever status it has. What the server itself says is an error.
    pub async fn pass_on(&self, name: &GrantName, url: Url, request: PassedOn<'_>) -> Result<Relaying, Error> {
        let mut headers = proxied::request_headers(&request.headers);
        headers.push((ACCOUNT, name.account.as_str()));
        let relayed = Relayed {
            method: request.method,
            url,
            headers,
            secret_headers: vec![("Authorization".to_owned(), self.authorization())],
            body: request.body.map_or(RelayedBody::None, RelayedBody::Whole),
            length: None,
            identity: None,
        };
        let answer = self.network.relay(relayed).await?;
        let is_of_the_api = answer.headers().iter().any(|(name, _)| name.eq_ignore_ascii_case(PROXIED));
        if is_of_the_api { Ok(answer) } else { Err(self.problem_of(answer).await) }
    }

    async fn problem_of(&self, answer: Relaying) -> Error {
        let (status, mut body) = (answer.status(), Vec::new());
        let read = Box::pin(answer.into_body()).take(LONGEST_PROBLEM).read_to_end(&mut body).await;
        if read.is_ok() { self.problem(status, &body) } else { self.stranger(status) }
    }

    pub(super) fn authorization(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.key.expose()))
    }
}
