//! An installation of this program: the one here, or one that is asked over HTTP. Its verbs are the same.

mod api;
mod authorizing;
mod definitions;
mod following;
mod keys;
mod registering;

pub use api::{Known, Listed, ToApi};
pub use definitions::Proposed;
pub use following::{Following, Told};
pub use keys::{NewKey, ShownKey};
pub use registering::Updated;

use super::attachment::Attachment;
use super::events;
use super::refresh::{self, When};
use super::status::{self, Status};
use super::token::{self, Served};
use super::token_answer::TokenAnswer;
use super::{Error, revoke};
use crate::app::App;
use crate::oauth::grant::Grant;
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use crate::remote::{Call, Remote};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;
use url::{Position, Url};

/// A handle; cloning it is cheap.
#[derive(Clone, Debug)]
pub enum Installation {
    Here(App),
    There(Remote),
}

/// How fresh a token, and which one.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Seconds it must still be valid for.
    pub min_valid: i64,
    /// A further token of the same answer (`response.extra_tokens`).
    pub extra: Option<&'a str>,
}

impl From<i64> for Wanted<'_> {
    fn from(min_valid: i64) -> Self {
        Self { min_valid, extra: None }
    }
}

/// What is given out, and why it may not be as fresh as it was asked for.
#[derive(Debug)]
pub struct Handed<T> {
    pub value: T,
    pub warning: Option<String>,
}

impl<T> From<T> for Handed<T> {
    fn from(value: T) -> Self {
        Self { value, warning: None }
    }
}

/// Told when a grant may have changed. `None`: it is not heard of, so look again.
#[derive(Debug)]
pub struct Change(Option<Following>);

/// An announcement may get lost on its way.
const LOOK_ANYWAY: Duration = Duration::from_secs(10);

/// How long the end waits until what happened is told.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How often is looked for what is not heard of.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

impl Installation {
    /// Time is read here and handed on.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// A token that is valid for at least `min_valid` seconds, see [`token::current`].
    pub async fn token(&self, name: &GrantName, wanted: Wanted<'_>) -> Result<Handed<TokenAnswer>, Error> {
        match self {
            Self::Here(app) => {
                let Served { client, grant, not_renewed } = token::served(app, name, wanted.min_valid).await?;
                let grant = token::picked(grant, wanted.extra)?;
                let warning = not_renewed.map(|error| not_fresh(&grant, &error, app.now()));
                Ok(Handed { value: TokenAnswer::of(&client, &grant, app.now()), warning })
            }
            Self::There(remote) => {
                Ok(remote.get::<TokenAnswer>(about(name, &path(name, "token"), Some(wanted))).await?.into())
            }
        }
    }

    /// How a request to the API carries such a token.
    pub async fn attachment(&self, name: &GrantName, wanted: Wanted<'_>) -> Result<Handed<Attachment>, Error> {
        match self {
            Self::Here(app) => {
                let Served { client, grant, not_renewed } = token::served(app, name, wanted.min_valid).await?;
                let grant = token::picked(grant, wanted.extra)?;
                let warning = not_renewed.map(|error| not_fresh(&grant, &error, app.now()));
                Ok(Handed { value: Attachment::of(app, &client, &grant)?, warning })
            }
            Self::There(remote) => {
                Ok(remote.get::<Attachment>(about(name, &path(name, "attachment"), Some(wanted))).await?.into())
            }
        }
    }

    /// The state of every grant, and of every client without one.
    pub async fn status(&self) -> Result<Vec<Status>, Error> {
        match self {
            Self::Here(app) => status::all(app).await,
            Self::There(remote) => Ok(remote.get(Call::to(&["status"])).await?),
        }
    }

    /// A new token now, whatever is left of the old one. Gives the grant as it is then.
    pub async fn refreshed(&self, name: &GrantName) -> Result<Status, Error> {
        match self {
            Self::Here(app) => {
                let (client, grant) = token::refreshed(app, name).await?;
                Ok(Status::of(&client, &grant, app.now()))
            }
            Self::There(remote) => Ok(remote.post(about(name, &path(name, "refresh"), None), &Value::Null).await?),
        }
    }

    /// Another token than this one, which the API answered 401 to; refreshed only while it is the current one.
    pub async fn instead_of(&self, name: &GrantName, rejected: &Secret) -> Result<TokenAnswer, Error> {
        match self {
            Self::Here(app) => {
                let client = app.client(&name.client).await?;
                let grant = refresh::renew(app, &client, name, When::Rejected(rejected.clone())).await?;
                Ok(TokenAnswer::of(&client, &grant, app.now()))
            }
            Self::There(remote) => {
                let path = ["clients", name.client.as_str(), "token", "rejected"];
                let body = json!({"access_token": rejected.expose()});
                Ok(remote.post(about(name, &path, None), &body).await?)
            }
        }
    }

    /// Gives the grant back and forgets its tokens.
    pub async fn revoke(&self, name: &GrantName) -> Result<(), Error> {
        match self {
            Self::Here(app) => revoke::revoke(app, name).await,
            Self::There(remote) => Ok(remote.tell(about(name, &path(name, "revoke"), None)).await?),
        }
    }

    /// The one client whose API is at this host (with the port, where it is not the usual one).
    pub async fn client_for_host(&self, host: &str) -> Result<Option<ClientName>, Error> {
        let clients = self.clients().await?;
        let is_there = |client: &&Listed| is_at(client.definition.api.base_url.as_deref(), host);
        let mut serving = clients.iter().filter(is_there).map(|client| client.name.clone());
        let first = serving.next();
        Ok(first.filter(|_| serving.next().is_none()))
    }

    /// What is told when this grant may have changed from now on.
    pub async fn change_of(&self, name: &GrantName) -> Change {
        let of_client = events::Wanted { client: Some(name.client.clone()), kinds: Vec::new() };
        Change(Some(self.following(of_client).await))
    }

    /// The end, once what happened is told.
    pub async fn close(self) {
        if let Self::Here(app) = &self {
            let _ = timeout(LAST_WORDS, app.work.done()).await;
        }
    }
}

impl Change {
    /// Waits for it, for a few seconds at most: look again after it, whatever the reason.
    pub async fn happened(&mut self, at_most: Duration) {
        let heard = self.0.as_ref().is_some_and(Following::is_connected);
        let at_most = at_most.min(if heard { LOOK_ANYWAY } else { LOOK_AGAIN });
        match &mut self.0 {
            None => tokio::time::sleep(at_most).await,
            Some(following) => {
                // Another installation may tell nothing to this key, or not know how to.
                if let Ok(Err(_)) = timeout(at_most, following.next()).await {
                    self.0 = None;
                }
            }
        }
    }
}

fn not_fresh(grant: &Grant, error: &Error, now: Timestamp) -> String {
    let left = grant.tokens.expires_at.map_or(0, |end| now.seconds_until(end));
    format!("{} was not refreshed: {error}. Its present token is valid for {left} s.", grant.name)
}

fn path<'a>(name: &'a GrantName, verb: &'a str) -> [&'a str; 3] {
    ["clients", name.client.as_str(), verb]
}

fn about<'a>(name: &GrantName, path: &'a [&'a str], wanted: Option<Wanted<'_>>) -> Call<'a> {
    let call = Call::to(path).with("account", &name.account);
    let Some(Wanted { min_valid, extra }) = wanted else { return call };
    let call = call.with("min_valid", min_valid);
    match extra {
        Some(extra) => call.with("extra", extra),
        None => call,
    }
}

fn is_at(base_url: Option<&str>, host: &str) -> bool {
    let url = base_url.and_then(|url| Url::parse(url).ok());
    url.is_some_and(|url| url[Position::BeforeHost..Position::AfterPort].eq_ignore_ascii_case(host))
}
