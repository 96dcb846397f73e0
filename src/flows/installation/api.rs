//! The clients of an installation, and requests to their APIs.

use super::{Installation, path};
use crate::app::App;
use crate::authorization_server::Relaying;
use crate::flows::Error;
use crate::flows::proxy::{self, Body, Target};
use crate::oauth::definition::Api;
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::proxied::{self, BadPath};
use crate::registry::Client;
use crate::remote::{Call, PassedOn, Remote};
use serde::Deserialize;
use url::Url;

/// As much of a client as is asked for here.
#[derive(Debug, Deserialize)]
pub struct Listed {
    pub name: ClientName,
    pub definition: Known,
}

#[derive(Debug, Deserialize)]
pub struct Known {
    /// What groups it with others; may be empty.
    #[serde(default)]
    pub service: String,
    #[serde(default)]
    pub api: Api,
}

/// A request to the API of a client.
#[derive(Debug)]
pub struct ToApi<'r> {
    pub method: &'r str,
    pub target: Target<'r>,
    pub headers: Vec<(&'r str, &'r str)>,
    pub body: Option<Vec<u8>>,
}

impl From<&Client> for Listed {
    fn from(client: &Client) -> Self {
        let definition = &client.definition;
        let known = Known { service: definition.service.clone(), api: definition.api.clone() };
        Self { name: client.name.clone(), definition: known }
    }
}

impl Installation {
    /// Every client, by name.
    pub async fn clients(&self) -> Result<Vec<Listed>, Error> {
        match self {
            Self::Here(app) => Ok(app.registry.list().await?.iter().map(Listed::from).collect()),
            Self::There(remote) => Ok(remote.get(Call::to(&["clients"])).await?),
        }
    }

    /// Sends a request with a fresh token, and once more after a 401; here, or by way of the server. See [`proxy::send`].
    pub async fn send(&self, name: &GrantName, request: ToApi<'_>) -> Result<Relaying, Error> {
        match self {
            Self::Here(app) => send_here(app, name, request).await,
            Self::There(remote) => send_there(remote, name, request).await,
        }
    }
}

async fn send_here(app: &App, name: &GrantName, request: ToApi<'_>) -> Result<Relaying, Error> {
    let ToApi { method, target, headers, body } = request;
    let body = body.map_or(Body::None, Body::Whole);
    proxy::send(app, name, proxy::Request { method, target, headers, body }).await
}

async fn send_there(remote: &Remote, name: &GrantName, request: ToApi<'_>) -> Result<Relaying, Error> {
    let ToApi { method, target, headers, body } = request;
    let (path, query) = match target {
        Target::Path { path, query } => (path.to_owned(), query.map(str::to_owned)),
        Target::Url(url) => proxied::below(&base_url(remote, name).await?, url).map_err(Error::Path)?,
    };
    let url = remote.proxy(name, &path, query.as_deref()).map_err(Error::Path)?;
    Ok(remote.pass_on(name, url, PassedOn { method, headers, body }).await?)
}

/// Where the API is, to see whether a whole URL is below it. Where that is made of what a server told, only paths will do.
async fn base_url(remote: &Remote, name: &GrantName) -> Result<Url, Error> {
    let known: Known = remote.get(Call::to(&path(name, "")[..2])).await?;
    let base = known.api.base_url.and_then(|url| Url::parse(&url).ok());
    base.ok_or(Error::Path(BadPath::Outside))
}
