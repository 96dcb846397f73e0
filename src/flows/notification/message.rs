//! What a target is told: the event as JSON, with a sentence and a link for people.

use crate::app::App;
use crate::oauth::event::{Event, EventKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The same event has the same message, however often it is told and by whichever instance.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Tells a repetition from something new.
    pub id: String,
    /// A name of docs/events.md, or `test`.
    pub event: String,
    pub client: String,
    pub account: String,
    pub text: String,
    /// Where a new authorization begins, or else the list of events.
    pub link: String,
    /// All of it and the event's own members, as JSON.
    pub body: String,
}

pub(super) fn of(app: &App, number: u64, event: &Event) -> Message {
    let facts = serde_json::to_value(event).unwrap_or_default();
    let digest = Sha256::digest(format!("{number} {facts}"));
    let id: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let client = event.client.as_ref().map(ToString::to_string).unwrap_or_default();
    let account = event.account.as_ref().map(ToString::to_string).unwrap_or_default();
    let link = match &event.client {
        Some(client) => app.page_of(client),
        None => app.settings.public_url.join("/events"),
    };
    let text = text(event, &link);
    message(format!("evt_{id}"), [event.event.as_str(), &client, &account], text, link, facts)
}

pub(super) fn test(app: &App) -> Message {
    let link = app.settings.public_url.join("/events");
    let text = format!("Test: OAuth Client Helper can tell you of events. {link}");
    let facts = json!({"event": "test", "client": null, "account": null, "generation": null, "expires_at": null,
                       "at": app.now()});
    message(format!("test_{}", app.random_text()), ["test", "", ""], text, link, facts)
}

fn message(id: String, [event, client, account]: [&str; 3], text: String, link: String, mut facts: Value) -> Message {
    facts["text"] = json!(text);
    facts["link"] = json!(link);
    let (event, client, account) = (event.to_owned(), client.to_owned(), account.to_owned());
    Message { id, event, client, account, text, link, body: facts.to_string() }
}

/// One line: chats show the member `text` as it is.
fn text(event: &Event, link: &str) -> String {
    let account = event.account.as_ref().filter(|account| !account.is_default());
    let about = match (&event.client, account) {
        (Some(client), Some(account)) => format!(": {client}@{account}"),
        (Some(client), None) => format!(": {client}"),
        (None, _) => String::new(),
    };
    let why = event.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let what_to_do = match event.event {
        EventKind::AuthorizationRequired | EventKind::RefreshTokenEnding => "Authorize again: ",
        _ => "",
    };
    format!("{}{about}{why}. {what_to_do}{link}", event.event.title())
}
