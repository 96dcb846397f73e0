//! Telling what happened: into the log, into the store, and to whoever listens.

mod feed;
mod kept;

pub use feed::{Feed, Numbered, feed};
pub use kept::{Noted, forget, list, mark_read, unread};
pub(super) use kept::{last, numbered};

use super::{published, token_files};
use crate::app::App;
use crate::oauth::event::{Event, EventKind};
use crate::oauth::name::ClientName;
use crate::store::{Heard, Listener};

/// Tells of an event. It never fails and does not wait for the store: what cannot be told is logged, and the work that it
/// tells of goes on. Events that this process tells are kept and announced in the order in which it told them.
pub async fn tell(app: &App, event: Event) {
    note(app, event);
    let teller = app.clone();
    drop(app.work.spawn(async move { pass_on(&teller).await }));
}

fn note(app: &App, event: Event) {
    app.metrics.event(event.event.as_str());
    log(&event);
    app.told.put(event);
}

async fn pass_on(app: &App) {
    let _turn = app.told.turn().await;
    loop {
        let events = app.told.take();
        if events.is_empty() {
            return;
        }
        pass_on_all(app, &events).await;
    }
}

async fn pass_on_all(app: &App, events: &[Event]) {
    if let Err(error) = kept::keep(app, events).await {
        tracing::warn!(%error, events = events.len(), "events were not kept");
    }
    for event in events {
        published::follow(app, event).await;
        token_files::follow(app, event).await.into_iter().for_each(|trouble| note(app, trouble));
        let text = serde_json::to_string(&event.facts()).unwrap_or_default();
        if let Err(error) = app.store.announce(&text).await {
            tracing::warn!(%error, "an event was not announced");
        }
    }
}

fn log(event: &Event) {
    let Event { event, client, account, generation, reason, .. } = event;
    let (client, account) = (client.as_ref().map(ToString::to_string), account.as_ref().map(ToString::to_string));
    tracing::info!(event = event.as_str(), client, account, generation, reason, "event");
}

/// Hears every event that any process or instance tells.
#[derive(Debug)]
pub struct Watch {
    listener: Listener,
    wanted: Wanted,
}

/// Which events are of interest; all where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub client: Option<ClientName>,
    pub kinds: Vec<EventKind>,
}

/// What a [`Watch`] brings.
#[derive(Clone, Debug)]
pub enum News {
    Event(Box<Event>),
    /// Some may have been missed: what is kept tells of them.
    Missed,
}

impl Wanted {
    pub fn admits(&self, event: &Event) -> bool {
        let of_client = self.client.is_none() || self.client == event.client;
        of_client && (self.kinds.is_empty() || self.kinds.contains(&event.event))
    }
}

pub async fn watch(app: &App, wanted: Wanted) -> Watch {
    Watch { listener: app.store.listen().await, wanted }
}

impl Watch {
    /// The next one that is wanted. There is no end to it. Safe to drop and to call again.
    pub async fn next(&mut self) -> News {
        loop {
            let event = match self.listener.next().await {
                Heard::Missed => return News::Missed,
                Heard::Announced(text) => serde_json::from_str::<Event>(&text),
            };
            // A newer program may tell of what this one does not know.
            if let Ok(event) = event
                && self.wanted.admits(&event)
            {
                return News::Event(Box::new(event));
            }
        }
    }
}
