//! Who authorized a client: the ID token is checked with the keys that the server publishes.

use super::Error;
use crate::app::{App, Fetched};
use crate::oauth::definition::Definition;
use crate::oauth::grant::Grant;
use crate::oauth::id_token::{self, BadIdToken, Expected, Identity};
use crate::oauth::jwk::KeySet;
use crate::oauth::jwt::BadJwt;
use crate::oauth::outgoing::Outgoing;
use crate::oauth::template;
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::Tokens;
use crate::registry::Client;
use std::sync::Arc;
use url::Url;

/// Seconds after which keys are fetched again, so that a withdrawn one is noticed.
const LIFETIME_S: i64 = 3600;
/// Seconds between two fetches for the sake of an unknown key.
const PAUSE_S: i64 = 30;

/// What the token response says about who authorized: `None` when it says nothing.
///
/// # Errors
/// [`Error::IdToken`] when there are keys to check with and a check fails. Nothing may be stored then.
pub async fn of(app: &App, client: &Client, tokens: &Tokens, nonce: Option<&str>) -> Result<Option<Identity>, Error> {
    let (definition, Some(token)) = (&client.definition, &tokens.id_token) else { return Ok(None) };
    let (Some(keys), Some(issuer)) = (keys_of(app, definition)?, &definition.issuer) else {
        return Ok(id_token::unverified(token));
    };
    let expected = Expected {
        issuer,
        client_id: &definition.client_id,
        nonce,
        access_token: &tokens.access_token,
        now: app.now(),
    };
    let source = KeySource { app, client, url: &keys };
    let known = source.known().await?;
    let mut result = id_token::verify(token, &known, &expected);
    if result == Err(BadJwt::UnknownKey.into())
        && let Some(newer) = source.newer().await?
    {
        result = id_token::verify(token, &newer, &expected);
    }
    result.map(Some).map_err(|why| Error::IdToken { client: client.name.clone(), why })
}

/// Has the keys at hand before a code is spent: what cannot be checked afterwards would be lost with it.
pub async fn prepare(app: &App, client: &Client) -> Result<(), Error> {
    match keys_of(app, &client.definition)? {
        Some(url) => KeySource { app, client, url: &url }.known().await.map(drop),
        None => Ok(()),
    }
}

/// Whether refreshed tokens still belong to whom the grant is from.
pub fn check_refreshed(client: &Client, grant: &Grant, tokens: &Tokens) -> Result<(), Error> {
    match (&grant.identity, &tokens.id_token) {
        (Some(before), Some(token)) => {
            id_token::check_refreshed(before, token).map_err(|why| Error::IdToken { client: client.name.clone(), why })
        }
        _ => Ok(()),
    }
}

/// Where the keys are, for a client that asked for an ID token.
fn keys_of(app: &App, definition: &Definition) -> Result<Option<Url>, Error> {
    let asked = definition.scopes.iter().any(|scope| scope == "openid");
    let Some(url) = definition.id_token.jwks_url.as_deref().filter(|url| asked && !url.is_empty()) else {
        return Ok(None);
    };
    let values = definition.values(&app.redirect_uri(definition), app.now(), &app.random_text());
    Ok(Some(template::render_url(url, &values)?))
}

struct KeySource<'a> {
    app: &'a App,
    client: &'a Client,
    url: &'a Url,
}

impl KeySource<'_> {
    async fn known(&self) -> Result<Arc<KeySet>, Error> {
        match self.app.key_sets.get(self.url) {
            Some(found) if found.at.seconds_until(self.app.now()) < LIFETIME_S => Ok(found.keys),
            _ => self.fetch(None).await,
        }
    }

    /// The keys after a rotation. A server is not asked again and again because of a token that nobody signed: `None`.
    async fn newer(&self) -> Result<Option<Arc<KeySet>>, Error> {
        let now = self.app.now();
        let again_at = self.app.key_sets.get(self.url).and_then(|found| found.again_at);
        match again_at.is_some_and(|at| at.seconds_until(now) < PAUSE_S) {
            true => Ok(None),
            false => self.fetch(Some(now)).await.map(Some),
        }
    }

    async fn fetch(&self, again_at: Option<Timestamp>) -> Result<Arc<KeySet>, Error> {
        let name = || self.client.name.clone();
        let answer = self.app.network.send(Outgoing::get(self.url.clone())).await;
        let answer = answer.map_err(|source| Error::Unreachable { client: name(), source })?;
        let keys = KeySet::parse(answer.body.expose()).filter(|_| answer.is_success());
        let keys = Arc::new(keys.ok_or_else(|| Error::IdToken { client: name(), why: BadIdToken::NoKeySet })?);
        self.app.key_sets.put(self.url, Fetched { keys: keys.clone(), at: self.app.now(), again_at });
        Ok(keys)
    }
}
