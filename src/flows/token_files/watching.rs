//! The server's part: what other processes and instances tell of, what was edited by hand, and what ends.

use super::folder::Scope;
use super::{Settled, scope, settle};
use crate::app::App;
use crate::flows::events::{self, News};
use crate::flows::refresh::first_token;
use crate::flows::{Error, grants, token};
use crate::oauth::name::{Account, GrantName};
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The longest sleep: then what is edited by hand is noticed, and what failed is tried again.
const LONGEST_NAP: Duration = Duration::from_secs(20);

/// The running task; dropped, it ends.
#[derive(Debug)]
#[must_use]
pub struct Watching(JoinHandle<()>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts it, with a look at all files.
pub fn start(app: &App) -> Watching {
    let state = State { app: app.clone(), clients: Arc::default(), is_whole: false, next_end: None };
    Watching(tokio::spawn(state.run()))
}

struct State {
    app: App,
    clients: Arc<[Client]>,
    is_whole: bool,
    next_end: Option<Timestamp>,
}

impl State {
    async fn run(mut self) {
        let mut watch = events::watch(&self.app, events::Wanted::default()).await;
        let mut next = Some(everything());
        loop {
            if let Some(scope) = next.take() {
                self.settle(scope).await;
            }
            next = match tokio::time::timeout(self.nap(), watch.next()).await {
                Ok(News::Event(event)) => scope(&event),
                Ok(News::Missed) => Some(everything()),
                Err(_) => self.look_around().await.then(everything),
            };
        }
    }

    async fn settle(&mut self, scope: Scope) {
        let is_all = matches!(scope, Scope::AllBut(_));
        if is_all {
            self.clients = self.app.registry.list().await.unwrap_or_default();
            self.ask_for_first_tokens().await;
        }
        let Settled { troubles, is_whole, next_end } = settle(&self.app, scope).await;
        // What failed before is tried again with all, whatever went well since.
        self.is_whole = is_whole && (is_all || self.is_whole);
        self.next_end = next_end;
        for event in troubles {
            events::tell(&self.app, event).await;
        }
    }

    /// Whoever reads a file asks for no token: of a client that needs nobody to agree, the first one is fetched unasked.
    async fn ask_for_first_tokens(&self) {
        for client in self.clients.iter().filter(|client| is_served_unasked(client)) {
            let name = GrantName { client: client.name.clone(), account: Account::default() };
            if let Ok(true) = never_tried(&self.app, client, &name).await {
                let app = self.app.clone();
                // What comes of it is told as an event, and kept where it failed.
                drop(self.app.work.spawn(async move { token::current(&app, &name, token::MIN_VALID_S).await }));
            }
        }
    }

    fn nap(&self) -> Duration {
        let left = self.next_end.map(|end| self.app.now().seconds_until(end).clamp(0, 20).unsigned_abs());
        left.map_or(LONGEST_NAP, |left| Duration::from_secs(left + 1).min(LONGEST_NAP))
    }

    /// Whether there is reason to look at all files again.
    async fn look_around(&self) -> bool {
        let has_ended = self.next_end.is_some_and(|end| end <= self.app.now());
        let is_edited = match self.app.registry.list().await {
            Ok(clients) => !Arc::ptr_eq(&clients, &self.clients) && *clients != *self.clients,
            Err(_) => false,
        };
        !self.is_whole || has_ended || is_edited
    }
}

fn everything() -> Scope {
    Scope::AllBut(BTreeSet::new())
}

fn is_served_unasked(client: &Client) -> bool {
    client.definition.token_file.is_wanted() && !client.definition.needs_resource_owner()
}

async fn never_tried(app: &App, client: &Client, name: &GrantName) -> Result<bool, Error> {
    let is_there = grants::get(app, client, &name.account).await?.is_some();
    Ok(!is_there && first_token::get(app, client, name).await?.is_none())
}
