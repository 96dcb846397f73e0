//! The state of every grant, the same for the page, the command line and the API.

use super::refresh::first_token::{self, FirstToken};
use super::token_files::{self, TokenFileState};
use super::{Error, grants};
use crate::app::App;
use crate::oauth::grant::{Failing, Grant, GrantState, History};
use crate::oauth::name::{Account, ClientName, GrantName};
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One grant, or a client without one.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct Status {
    #[cfg_attr(feature = "program", schema(value_type = String))]
    pub client: ClientName,
    #[cfg_attr(feature = "program", schema(value_type = String))]
    pub account: Account,
    pub state: GrantState,
    /// Since when it is in this state, where it is one that a person may have to look at.
    #[cfg_attr(feature = "program", schema(value_type = Option<i64>))]
    pub since: Option<Timestamp>,
    /// Unix seconds; `null` when the server did not say.
    #[cfg_attr(feature = "program", schema(value_type = Option<i64>))]
    pub expires_at: Option<Timestamp>,
    /// When a failed refresh is tried again; `null`: it did not fail, or is not tried before the definition changes.
    #[cfg_attr(feature = "program", schema(value_type = Option<i64>))]
    pub next_try_at: Option<Timestamp>,
    /// Counts the sets of tokens; 0 when there is none.
    pub generation: u64,
    pub last_error: Option<String>,
    /// The file that the definition wants the token in, while there is one.
    #[serde(default)]
    pub token_file: Option<TokenFileState>,
    /// The last refreshes, the newest first.
    #[serde(skip)]
    pub history: History,
}

impl Status {
    pub fn of(client: &Client, grant: &Grant, now: Timestamp) -> Self {
        Self {
            client: client.name.clone(),
            account: grant.name.account.clone(),
            state: grant.state(&client.definition, now),
            since: grant.since(now),
            expires_at: grant.tokens.expires_at,
            next_try_at: grant.failing.as_ref().and_then(|failing| failing.next_try_at),
            generation: grant.generation,
            last_error: grant.last_error(),
            token_file: None,
            history: grant.history.clone(),
        }
    }

    /// Whether there are tokens.
    pub fn is_there(&self) -> bool {
        self.generation > 0
    }

    /// Of a client whose first token did not come, or was never asked for.
    fn without_grant(client: &Client, account: Account, first: Option<FirstToken>) -> Self {
        let failing: Option<&Failing> = first.as_ref().map(|first| &first.failing);
        Self {
            client: client.name.clone(),
            account,
            state: GrantState::without_grant(&client.definition, failing),
            since: failing.map(|failing| failing.since),
            expires_at: None,
            next_try_at: failing.and_then(|failing| failing.next_try_at),
            generation: 0,
            last_error: failing.map(|failing| failing.error.clone()),
            token_file: None,
            history: first.map(|first| first.history).unwrap_or_default(),
        }
    }
}

/// The state of every grant of every client, in the order of their names.
pub async fn all(app: &App) -> Result<Vec<Status>, Error> {
    Ok(by_client(app).await?.into_values().flatten().collect())
}

/// The same, client by client; each has at least one.
pub async fn by_client(app: &App) -> Result<BTreeMap<ClientName, Vec<Status>>, Error> {
    let mut grants = grants::by_client(app).await?;
    let mut first = first_tokens(app).await?;
    let clients = app.registry.list().await?;
    let now = app.now();
    let of = |client: &Client| {
        let (grants, first) = (grants.remove(&client.name), first.remove(&client.name));
        let grants = grants.unwrap_or_default();
        let lines = lines(client, &grants, first.unwrap_or_default(), now);
        (client.name.clone(), with_files(app, client, &grants, lines))
    };
    Ok(clients.iter().map(of).collect())
}

/// What went wrong with the first token of a client that asks in its own name.
pub async fn first_token(app: &App, client: &Client) -> Result<Option<FirstToken>, Error> {
    let name = GrantName { client: client.name.clone(), account: Account::default() };
    let found = first_token::get(app, client, &name).await?.map(|found| found.value);
    Ok(found.filter(|first| first.belongs_to(client)))
}

async fn first_tokens(app: &App) -> Result<BTreeMap<ClientName, Vec<FirstToken>>, Error> {
    let mut by_client: BTreeMap<ClientName, Vec<FirstToken>> = BTreeMap::new();
    for (_, found) in app.store.list::<FirstToken>().await? {
        by_client.entry(found.value.name.client.clone()).or_default().push(found.value);
    }
    Ok(by_client)
}

fn with_files(app: &App, client: &Client, grants: &[Grant], mut lines: Vec<Status>) -> Vec<Status> {
    for line in &mut lines {
        let grant = grants.iter().find(|grant| grant.name.account == line.account);
        line.token_file = grant.and_then(|grant| token_files::state(app, client, grant));
    }
    lines
}

fn lines(client: &Client, grants: &[Grant], first: Vec<FirstToken>, now: Timestamp) -> Vec<Status> {
    let own = grants.iter().filter(|grant| grant.belongs_to(&client.definition));
    let mut lines: Vec<Status> = own.map(|grant| Status::of(client, grant, now)).collect();
    for first in first.into_iter().filter(|first| first.belongs_to(client)) {
        let account = first.name.account.clone();
        if !lines.iter().any(|line| line.account == account) {
            lines.push(Status::without_grant(client, account, Some(first)));
        }
    }
    if lines.is_empty() {
        lines.push(Status::without_grant(client, Account::default(), None));
    }
    lines
}
