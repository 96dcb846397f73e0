//! Telling what happened.

use crate::app::App;
use crate::oauth::event::Event;

/// Tells of an event. It never fails: what cannot be told is logged, and the work that it tells of goes on.
pub async fn tell(_app: &App, event: Event) {
    let Event { event, client, account, generation, reason, .. } = event;
    let (client, account) = (client.map(|name| name.to_string()), account.map(|name| name.to_string()));
    tracing::info!(event = event.as_str(), client, account, generation, reason, "event");
}
