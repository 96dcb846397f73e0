//! What happened, the newest first.

use super::{Badge, Page, words};
use crate::flows::events::Noted;
use crate::oauth::event::EventKind;
use crate::oauth::timestamp::Timestamp;
use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Events {
    pub rows: Vec<EventRow>,
    /// Whose events are shown; blank for all.
    pub client: String,
    /// All clients that have events.
    pub clients: Vec<String>,
    /// Counted from 1.
    pub page: usize,
    pub pages: usize,
    pub total: usize,
    /// Who else is told.
    pub targets: Vec<TargetRow>,
}

/// A webhook or a command, and how it goes with it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TargetRow {
    /// For the button.
    pub key: &'static str,
    pub title: &'static str,
    /// The webhook's origin, or the program.
    pub to: String,
    /// Which it is told of, in words.
    pub events: String,
    pub good: bool,
    /// A few sentences.
    pub state: String,
    pub given_up: u64,
}

/// What came of trying one.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Notified {
    pub title: String,
    /// One sentence that says whether it arrived.
    pub text: String,
    pub good: bool,
    /// What it wrote, cut; may be blank.
    pub answer: String,
}

impl Page for Notified {
    const TEMPLATE: &'static str = "pages/notified.html";
}

impl Page for Events {
    const TEMPLATE: &'static str = "pages/events.html";
}

#[derive(Clone, Debug, Serialize)]
pub struct EventRow {
    pub kind: Badge,
    /// Blank: it is about the program itself.
    pub client: String,
    /// Blank where there is but the default one.
    pub account: String,
    /// Why, as a sentence; may be blank.
    pub reason: String,
    /// In words.
    pub ago: String,
    /// RFC 3339.
    pub at: String,
    pub unread: bool,
    /// Whether a new authorization, on the client's page, is what it asks for.
    pub authorize: bool,
}

impl EventRow {
    pub fn of(noted: &Noted, now: Timestamp) -> Self {
        let event = &noted.event;
        let account = event.account.as_ref().filter(|account| !account.is_default());
        Self {
            kind: Badge { key: event.event.as_str().to_owned(), label: event.event.title().to_owned() },
            client: event.client.as_ref().map(ToString::to_string).unwrap_or_default(),
            account: account.map(ToString::to_string).unwrap_or_default(),
            reason: words::sentence(event.reason.as_deref().unwrap_or_default()),
            ago: words::ago(event.at, now),
            at: event.at.rfc3339(),
            unread: noted.is_unread,
            authorize: matches!(event.event, EventKind::AuthorizationRequired | EventKind::RefreshTokenEnding),
        }
    }
}
