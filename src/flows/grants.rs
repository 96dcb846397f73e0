//! Looking at grants: one, all of a client, all there are.

use super::{Error, refresh};
use crate::app::App;
use crate::oauth::grant::{Grant, GrantState};
use crate::oauth::name::{Account, ClientName, GrantName};
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;
use crate::store::{Kind, Put, Record, Versioned};
use serde::Serialize;
use std::collections::BTreeMap;

impl Record for Grant {
    const KIND: Kind = Kind::Grant;
}

/// The key a grant is kept under. A client name holds no `@`, so no two grants share one.
pub fn id(name: &GrantName) -> String {
    format!("{}@{}", name.client, name.account)
}

/// The grant, unless it was issued to another client ID than the definition's present one.
pub async fn get(app: &App, client: &Client, account: &Account) -> Result<Option<Versioned<Grant>>, Error> {
    let name = GrantName { client: client.name.clone(), account: account.clone() };
    let found = app.store.get::<Grant>(&id(&name)).await?;
    Ok(found.filter(|found| found.value.belongs_to(&client.definition)))
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

/// Stores a new authorization over whatever is kept under its name. A refresh that is under way is waited for, so that
/// its late answer cannot come on top.
pub async fn authorize(app: &App, grant: &Grant) -> Result<(), Error> {
    let lease = refresh::lease(app, &grant.name).await?;
    let result = replace(app, grant).await;
    let _ = lease.release().await;
    result
}

/// Stores a grant over whatever is kept under its name, for whoever holds its lease.
pub(super) async fn replace(app: &App, grant: &Grant) -> Result<(), Error> {
    let id = id(&grant.name);
    loop {
        let version = app.store.get::<Grant>(&id).await?.map_or(0, |found| found.version);
        if let Put::Stored(_) = app.store.put_if_version(&id, grant, version).await? {
            return Ok(());
        }
    }
}

/// Forgets the tokens of one account, after a refresh that is under way. `false`: there were none.
pub async fn forget(app: &App, name: &GrantName) -> Result<bool, Error> {
    let lease = refresh::lease(app, name).await?;
    let result = remove(app, name).await;
    let _ = lease.release().await;
    result
}

/// The same for whoever holds the lease.
pub(super) async fn remove(app: &App, name: &GrantName) -> Result<bool, Error> {
    let gone = app.store.delete(Kind::Grant, &id(name)).await?;
    if gone {
        tracing::info!(client = %name.client, account = %name.account, "tokens deleted");
    }
    Ok(gone)
}

/// One line of `status`: a grant, or a client without one.
#[derive(Debug, Serialize)]
pub struct Status {
    pub client: ClientName,
    pub account: Account,
    pub state: GrantState,
    /// Unix seconds; `null` when the server did not say.
    pub expires_at: Option<Timestamp>,
    pub last_error: Option<String>,
}

impl Status {
    fn of(client: &Client, grant: &Grant, now: Timestamp) -> Self {
        Self {
            client: client.name.clone(),
            account: grant.name.account.clone(),
            state: grant.state(&client.definition, now),
            expires_at: grant.tokens.expires_at,
            last_error: grant.last_error().map(str::to_owned),
        }
    }

    fn without_grant(client: &Client) -> Self {
        Self {
            client: client.name.clone(),
            account: Account::default(),
            state: GrantState::NotAuthorized,
            expires_at: None,
            last_error: None,
        }
    }
}

/// The state of every grant of every client, in the order of their names.
pub async fn status(app: &App) -> Result<Vec<Status>, Error> {
    let mut grants = by_client(app).await?;
    let now = app.now();
    let mut lines = Vec::new();
    for client in app.registry.list().await?.iter() {
        let of_client = grants.remove(&client.name).unwrap_or_default();
        let before = lines.len();
        let own = of_client.iter().filter(|grant| grant.belongs_to(&client.definition));
        lines.extend(own.map(|grant| Status::of(client, grant, now)));
        if lines.len() == before {
            lines.push(Status::without_grant(client));
        }
    }
    Ok(lines)
}
