//! What went wrong with the first token of a client that asks in its own name: there is no grant yet that could keep it.

use crate::app::App;
use crate::flows::{Error, grants};
use crate::oauth::grant::{Attempt, Failing, History};
use crate::oauth::name::{ClientName, GrantName};
use crate::registry::Client;
use crate::store::{Kind, Record, Versioned};
use serde::{Deserialize, Serialize};

/// Kept under the grant's id until the token is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FirstToken {
    pub name: GrantName,
    /// Another client ID is another client.
    pub client_id: String,
    pub failing: Failing,
    pub history: History,
}

impl Record for FirstToken {
    const KIND: Kind = Kind::FirstToken;
}

impl FirstToken {
    pub fn belongs_to(&self, client: &Client) -> bool {
        self.client_id == client.definition.client_id && !client.definition.needs_resource_owner()
    }
}

pub async fn get(app: &App, client: &Client, name: &GrantName) -> Result<Option<Versioned<FirstToken>>, Error> {
    if client.definition.needs_resource_owner() {
        return Ok(None);
    }
    Ok(app.store.get::<FirstToken>(&grants::id(name)).await?)
}

/// Forgets it for every account of a client that is no more.
pub async fn forget(app: &App, client: &ClientName) -> Result<(), Error> {
    for (id, found) in app.store.list_readable::<FirstToken>().await? {
        if found.value.name.client == *client {
            app.store.delete(Kind::FirstToken, &id).await?;
        }
    }
    Ok(())
}

/// Keeps one more failure, for whoever holds the lease.
pub async fn failed(
    app: &App,
    client: &Client,
    name: &GrantName,
    before: Option<Versioned<FirstToken>>,
    (failing, attempt): (Failing, Attempt),
) -> Result<(), Error> {
    let (version, mut history) = before.map_or((0, History::default()), |found| (found.version, found.value.history));
    history.push(attempt);
    let record = FirstToken { name: name.clone(), client_id: client.definition.client_id.clone(), failing, history };
    // Who was faster kept a failure too.
    app.store.put_if_version(&grants::id(name), &record, version).await?;
    Ok(())
}
