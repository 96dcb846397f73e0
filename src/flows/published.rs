//! Publishing in Redis, in plain text, for programs that read the Python helper's keys. A definition says so by `publish`;
//! of several accounts, only `default` is published, for the keys name no account.

use super::{Error, grants};
use crate::app::App;
use crate::oauth::definition::{Definition, Publish};
use crate::oauth::event::{Event, EventKind};
use crate::oauth::grant::Grant;
use crate::oauth::name::{Account, ClientName};
use crate::oauth::secret::Secret;
use crate::oauth::token_response::Stage;
use crate::registry::Client;
use serde_json::json;
use std::time::Duration;

/// Seconds a refresh token stays published whose end the server did not say. Each refresh begins anew.
const REFRESH_TOKEN_S: i64 = 30 * 86_400;

/// What follows the prefix in the name of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    AccessCode,
    AccessToken,
    RefreshToken,
    /// What may be known of them without a secret.
    Metadata,
}

impl Key {
    const ALL: [Self; 4] = [Self::AccessCode, Self::AccessToken, Self::RefreshToken, Self::Metadata];

    fn of(self, client_id: &str) -> String {
        let kind = match self {
            Self::AccessCode => "accesscode",
            Self::AccessToken => "accesstoken",
            Self::RefreshToken => "refreshtoken",
            Self::Metadata => "metadata",
        };
        format!("_{kind}:_{client_id}")
    }
}

/// Refuses a definition whose readers there is no way to reach.
pub(super) fn check(app: &App, client: &Client) -> Result<(), Error> {
    match client.definition.publish == Publish::None || app.store.has_readers() {
        true => Ok(()),
        false => Err(Error::NoReaders(client.name.clone())),
    }
}

/// Leaves a code as it came: whoever reads it exchanges it, once, and deletes it.
pub(super) async fn code(app: &App, definition: &Definition, code: &Secret) -> Result<(), Error> {
    Ok(app.store.publish(&Key::AccessCode.of(&definition.client_id), code, None).await?)
}

/// Takes the code that was left, as its reader: whoever comes second finds none.
pub async fn take_code(app: &App, client: &Client) -> Result<Option<Secret>, Error> {
    check(app, client)?;
    Ok(app.store.take_published(&Key::AccessCode.of(&client.definition.client_id)).await?)
}

/// Brings what is published up to date after an event. What fails is logged: the next refresh publishes anew.
pub(super) async fn follow(app: &App, event: &Event) {
    let (Some(name), Some(account)) = (&event.client, &event.account) else { return };
    if *account != Account::default() {
        return;
    }
    let result = match event.event {
        EventKind::Authorized | EventKind::Refreshed | EventKind::AuthorizationRequired => tokens(app, name).await,
        EventKind::Revoked => gone(app, name).await,
        _ => Ok(()),
    };
    if let Err(error) = result {
        tracing::warn!(%error, client = %name, "what readers in Redis see is not up to date");
    }
}

/// Publishes what there is, for a definition that says so now, and withdraws what another one published.
pub(super) async fn changed(app: &App, before: &Definition, after: &Client) -> Result<(), Error> {
    if (before.publish, &before.client_id) == (after.definition.publish, &after.definition.client_id) {
        return Ok(());
    }
    withdraw(app, before).await?;
    tokens(app, &after.name).await
}

/// Withdraws whatever a definition published.
pub(super) async fn withdraw(app: &App, definition: &Definition) -> Result<(), Error> {
    if definition.publish != Publish::None {
        for key in Key::ALL {
            app.store.withdraw(&key.of(&definition.client_id)).await?;
        }
    }
    Ok(())
}

async fn gone(app: &App, name: &ClientName) -> Result<(), Error> {
    match app.registry.get(name).await? {
        Some(client) => withdraw(app, &client.definition).await,
        None => Ok(()),
    }
}

async fn tokens(app: &App, name: &ClientName) -> Result<(), Error> {
    let client = app.client(name).await?;
    if client.definition.publish != Publish::Tokens {
        return Ok(());
    }
    match grants::get(app, &client, &Account::default()).await? {
        Some(found) if found.value.tokens.stage == Stage::Final => put(app, &client.definition, &found.value).await,
        _ => Ok(()),
    }
}

async fn put(app: &App, definition: &Definition, grant: &Grant) -> Result<(), Error> {
    let (tokens, now) = (&grant.tokens, app.now());
    let access = tokens.expires_at.map(|at| now.seconds_until(at));
    keep(app, Key::AccessToken, definition, Some(&tokens.access_token), access).await?;
    let refresh = tokens.refresh_expires_at.map_or(REFRESH_TOKEN_S, |at| now.seconds_until(at));
    let good = tokens.refresh_token.as_ref().filter(|_| grant.ended.is_none());
    keep(app, Key::RefreshToken, definition, good, Some(refresh)).await?;
    // Last, so that whoever sees a new generation finds its tokens.
    keep(app, Key::Metadata, definition, Some(&metadata(grant)), access).await
}

fn metadata(grant: &Grant) -> Secret {
    let Grant { name, generation, tokens, .. } = grant;
    let json = json!({
        "client": name.client, "account": name.account, "generation": generation, "expires_at": tokens.expires_at,
        "token_type": tokens.token_type,
    });
    Secret::new(json.to_string())
}

/// `seconds`: that are left; `None`: nobody knows.
async fn keep(
    app: &App,
    key: Key,
    definition: &Definition,
    token: Option<&Secret>,
    seconds: Option<i64>,
) -> Result<(), Error> {
    let key = key.of(&definition.client_id);
    let left = seconds.map(|seconds| Duration::from_secs(seconds.max(0).unsigned_abs()));
    match token.filter(|_| left != Some(Duration::ZERO)) {
        Some(token) => app.store.publish(&key, token, left).await?,
        None => app.store.withdraw(&key).await?,
    }
    Ok(())
}
