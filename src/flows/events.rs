//! Telling what happened.

use crate::app::App;
use crate::oauth::event::Event;

/// Tells of an event. It never fails: what cannot be told is logged, and the work that it tells of goes on.
pub async fn tell(app: &App, event: Event) {
    if let Ok(text) = serde_json::to_string(&event)
        && let Err(error) = app.store.announce(&text).await
    {
        tracing::warn!(%error, "an event was not announced");
    }
    let Event { event, client, account, generation, reason, .. } = event;
    let (client, account) = (client.map(|name| name.to_string()), account.map(|name| name.to_string()));
    tracing::info!(event = event.as_str(), client, account, generation, reason, "event");
}
