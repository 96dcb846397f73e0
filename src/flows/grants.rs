//! Looking at grants: one, all of a client, all there are.

use super::refresh::{self, When, Writer};
use super::{Error, events};
use crate::app::App;
use crate::oauth::event::{Event, EventKind};
use crate::oauth::grant::{Attempt, Grant, Outcome};
use crate::oauth::name::{Account, ClientName, GrantName};
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::Stage;
use crate::registry::Client;
use crate::store::{Kind, Put, Record, Versioned};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

impl Record for Grant {
    const KIND: Kind = Kind::Grant;
}

/// The key a grant is kept under. A client name holds no `@`, so no two grants share one.
pub fn id(name: &GrantName) -> String {
    [name.client.as_str(), name.account.as_str()].join("@")
}

/// The grant, unless it was issued to another client ID than the definition's present one.
pub async fn get(app: &App, client: &Client, account: &Account) -> Result<Option<Versioned<Grant>>, Error> {
    let name = GrantName { client: client.name.clone(), account: account.clone() };
    let found = app.store.get::<Grant>(&id(&name)).await?;
    Ok(found.filter(|found| found.value.belongs_to(&client.definition)))
}

/// The same to look at alone.
pub async fn look(app: &App, client: &Client, name: &GrantName) -> Result<Option<Arc<Grant>>, Error> {
    let found = app.store.read::<Grant>(&id(name)).await?.map(|found| found.value);
    Ok(found.filter(|grant| grant.belongs_to(&client.definition)))
}

/// All grants by client, each client's ordered by account.
pub async fn by_client(app: &App) -> Result<BTreeMap<ClientName, Vec<Grant>>, Error> {
    let mut grants: BTreeMap<ClientName, Vec<Grant>> = BTreeMap::new();
    for (_, found) in app.store.list::<Grant>().await? {
        grants.entry(found.value.name.client.clone()).or_default().push(found.value);
    }
    Ok(grants)
}

/// All grants that one client's definition holds for.
pub async fn of(app: &App, client: &Client) -> Result<Vec<Grant>, Error> {
    let grants = by_client(app).await?.remove(&client.name).unwrap_or_default();
    Ok(grants.into_iter().filter(|grant| grant.belongs_to(&client.definition)).collect())
}

/// Whether a grant could be stored, to be asked before a code or a refresh token is spent for it.
pub(super) async fn ready(app: &App) -> Result<(), Error> {
    app.store.ping().await?;
    Ok(app.store.has_room().await?)
}

/// Stores a new authorization over whatever is kept under its name. A refresh that is under way is waited for, so that
/// its late answer cannot come on top.
pub async fn authorize(app: &App, client: &Client, grant: Grant, took: Duration) -> Result<Grant, Error> {
    let now = app.now();
    let writer = refresh::lease(app, &grant.name).await?;
    let result = replace(app, &writer, grant, Attempt::new(now, took, Outcome::Authorized, None)).await;
    writer.end().await;
    let grant = result?;
    events::tell(app, event(EventKind::Authorized, &grant, now)).await;
    match grant.tokens.stage {
        Stage::Final => Ok(grant),
        Stage::First => Ok(upgraded(app, client, grant).await),
    }
}

/// The grant after the second request. Where that fails, the grant says why, keeps the first token, and it is made again
/// with the next use.
async fn upgraded(app: &App, client: &Client, grant: Grant) -> Grant {
    let first = Some(grant.tokens.access_token.clone());
    match refresh::renew(app, client, &grant.name, When::Asked(first)).await {
        Ok(next) => next,
        Err(_) => match get(app, client, &grant.name.account).await {
            Ok(Some(found)) => found.value,
            _ => grant,
        },
    }
}

/// Stores a new authorization over whatever is kept under its name, for whoever holds its lease.
pub(super) async fn replace(app: &App, writer: &Writer, grant: Grant, attempt: Attempt) -> Result<Grant, Error> {
    let id = id(&grant.name);
    loop {
        let old = app.store.get::<Grant>(&id).await?;
        let version = old.as_ref().map_or(0, |found| found.version);
        let next = match old {
            Some(old) => grant.clone().in_place_of(&old.value),
            None => grant.clone(),
        };
        let next = next.noting(attempt.clone());
        if let Put::Stored(_) = writer.put(app, &next, version).await? {
            return Ok(next);
        }
    }
}

/// Puts a grant under a new name, over whatever is kept there, for whoever holds its lease.
pub(super) async fn copy(app: &App, grant: &Grant) -> Result<(), Error> {
    let id = id(&grant.name);
    loop {
        let version = app.store.get::<Grant>(&id).await?.map_or(0, |found| found.version);
        if let Put::Stored(_) = app.store.put_if_version(&id, grant, version).await? {
            return Ok(());
        }
    }
}

/// Stores what became of a grant that was read at `version`. New tokens are stored also over what somebody else wrote
/// about older ones meanwhile. `false`: what is there is as new or newer, and stays.
pub(super) async fn supersede(app: &App, writer: &Writer, grant: &Grant, mut version: u64) -> Result<bool, Error> {
    loop {
        if let Put::Stored(_) = writer.put(app, grant, version).await? {
            return Ok(true);
        }
        let found = app.store.get::<Grant>(&id(&grant.name)).await?;
        match found.filter(|found| grant.follows(&found.value)) {
            Some(found) => version = found.version,
            None => return Ok(false),
        }
    }
}

/// What to tell of a grant.
pub(super) fn event(kind: EventKind, grant: &Grant, now: Timestamp) -> Event {
    Event {
        generation: Some(grant.generation),
        expires_at: grant.tokens.expires_at,
        reason: grant.last_error_in_our_words(),
        ..Event::of_grant(kind, &grant.name, now)
    }
}

/// Forgets the tokens of one account, after a refresh that is under way. `false`: there were none.
pub async fn forget(app: &App, name: &GrantName) -> Result<bool, Error> {
    let writer = refresh::lease(app, name).await?;
    let result = remove(app, name).await;
    writer.end_for_good().await;
    result
}

/// The same for whoever holds the lease.
pub(super) async fn remove(app: &App, name: &GrantName) -> Result<bool, Error> {
    app.store.delete(Kind::FirstToken, &id(name)).await?;
    let gone = app.store.delete(Kind::Grant, &id(name)).await?;
    if gone {
        tracing::info!(client = %name.client, account = %name.account, "tokens deleted");
    }
    Ok(gone)
}
