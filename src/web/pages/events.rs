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
            kind: Badge { key: event.event.as_str().to_owned(), label: label(event.event).to_owned() },
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

/// For people.
const fn label(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Authorized => "Authorized",
        EventKind::Refreshed => "Refreshed",
        EventKind::Failing => "Failing",
        EventKind::Recovered => "Works again",
        EventKind::AuthorizationRequired => "Authorization required",
        EventKind::RefreshTokenEnding => "Refresh token ends",
        EventKind::CertificateEnding => "Certificate",
        EventKind::Revoked => "Revoked",
        EventKind::ClientChanged => "Changed",
        EventKind::LoginFailed => "Login failed",
    }
}
