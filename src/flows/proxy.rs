//! Passing a request on to a client's API, with its token attached.

use super::refresh::{self, When};
use super::{Error, token};
use crate::app::App;
use crate::authorization_server::{Relayed, RelayedBody, Relaying};
use crate::oauth::definition::{Api, TokenPlace};
use crate::oauth::grant::Grant;
use crate::oauth::name::GrantName;
use crate::oauth::proxied::{self, BadPath};
use crate::oauth::secret::Secret;
use crate::oauth::template;
use crate::registry::Client;
use std::io;
use tokio::sync::mpsc;
use url::Url;

/// Seconds in which a grant is not refreshed again for an API that rejected even the token of a refresh.
const REJECTED_ALL_THE_SAME: i64 = 60;

/// What somebody wants to be passed on.
#[derive(Debug)]
pub struct Request<'r> {
    pub method: &'r str,
    pub target: Target<'r>,
    /// As they came; what is for us alone is taken out.
    pub headers: Vec<(&'r str, &'r str)>,
    pub body: Body,
}

/// Where a request goes, below the client's base URL.
#[derive(Clone, Copy, Debug)]
pub enum Target<'r> {
    /// Percent-encoded, without a slash at its start.
    Path { path: &'r str, query: Option<&'r str> },
    /// The whole URL, as a page of results names the next one.
    Url(&'r Url),
}

/// A body that is whole can be sent again.
#[derive(Debug)]
pub enum Body {
    None,
    Whole(Vec<u8>),
    Stream { chunks: mpsc::Receiver<io::Result<Vec<u8>>>, length: Option<u64> },
}

/// Sends the request with a fresh token. After a 401 it refreshes, and sends it once more if its body allows that.
pub async fn send(app: &App, name: &GrantName, mut request: Request<'_>) -> Result<Relaying, Error> {
    let (client, grant) = token::current(app, name, token::MIN_VALID_S).await?;
    let again = request.body.again();
    let body = std::mem::replace(&mut request.body, Body::None);
    let answer = pass_on(app, &client, &grant, &request, body).await?;
    let brake = format!("rejected:{name}");
    let (401, Some(body), false) = (answer.status(), again, app.happened(&brake)) else { return Ok(answer) };
    match refresh::renew(app, &client, name, When::Rejected(grant.tokens.access_token.clone())).await {
        Ok(grant) => {
            let answer = pass_on(app, &client, &grant, &request, body).await?;
            if answer.status() == 401 {
                app.once_in(REJECTED_ALL_THE_SAME, &brake);
            }
            Ok(answer)
        }
        // What the API said is the better answer: it may have meant something else than the token.
        Err(error) => {
            tracing::warn!(client = %name.client, account = %name.account, %error, "a rejected token was not renewed");
            Ok(answer)
        }
    }
}

impl Body {
    fn again(&self) -> Option<Body> {
        match self {
            Body::None => Some(Body::None),
            Body::Whole(bytes) => Some(Body::Whole(bytes.clone())),
            Body::Stream { .. } => None,
        }
    }
}

async fn pass_on(
    app: &App,
    client: &Client,
    grant: &Grant,
    request: &Request<'_>,
    body: Body,
) -> Result<Relaying, Error> {
    let (url, secret_headers) = attached(app, client, grant, request)?;
    let (body, length) = match body {
        Body::None => (RelayedBody::None, None),
        Body::Whole(bytes) => (RelayedBody::Whole(bytes), None),
        Body::Stream { chunks, length } => (RelayedBody::Stream(chunks), length),
    };
    let headers = proxied::request_headers(&request.headers);
    let identity = app.tls_identity(client)?;
    let relayed = Relayed { method: request.method, url, headers, secret_headers, body, length, identity };
    let sent = app.network.relay(relayed).await;
    sent.map_err(|source| Error::ApiUnreachable { client: client.name.clone(), source })
}

/// Where the request goes, and the headers that the definition adds to it.
fn attached(
    app: &App,
    client: &Client,
    grant: &Grant,
    request: &Request<'_>,
) -> Result<(Url, Vec<(String, Secret)>), Error> {
    let (api, values) = (&client.definition.api, token::values(app, client, grant));
    let base = template::render_url(base_url(client)?, &values)?;
    let (name, value) = token::attached(&client.definition, grant)?;
    let mut headers = Vec::new();
    for (name, value) in &api.headers {
        headers.push((name.clone(), Secret::new(template::render(value, &values)?)));
    }
    let (path, query) = request.target.below(&base).map_err(Error::Path)?;
    let query = query.map(|query| match api.token_in {
        TokenPlace::Header => query,
        TokenPlace::Query => proxied::query_without(&query, &name),
    });
    let mut url = proxied::target(&base, &path, query.as_deref()).map_err(Error::Path)?;
    match api.token_in {
        TokenPlace::Header => headers.push((name, Secret::new(value))),
        TokenPlace::Query => drop(url.query_pairs_mut().append_pair(&name, &value)),
    }
    Ok((url, headers))
}

impl Target<'_> {
    fn below(self, base: &Url) -> Result<(String, Option<String>), BadPath> {
        match self {
            Target::Path { path, query } => Ok((path.to_owned(), query.map(str::to_owned))),
            Target::Url(url) => proxied::below(base, url),
        }
    }
}

fn base_url(client: &Client) -> Result<&str, Error> {
    let Api { base_url, .. } = &client.definition.api;
    let no_endpoint = || Error::NoEndpoint { client: client.name.clone(), field: "api.base_url" };
    base_url.as_deref().filter(|url| !url.is_empty()).ok_or_else(no_endpoint)
}
