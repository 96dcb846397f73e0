//! Telling what a person has to do, once.

use crate::app::App;
use crate::flows::{Error, events, grants, refresh};
use crate::oauth::event::{Event, EventKind};
use crate::oauth::grant::{Grant, Task};
use crate::oauth::timestamp::Timestamp;
use crate::store::{Put, Versioned};

/// Tells of what is due for a grant, and writes down that it was told. Of several instances one does.
pub(super) async fn tell(app: &App, found: Versioned<Grant>, task: Task) -> Result<(), Error> {
    let Some(lease) = refresh::take(app, &found.value.name).await? else { return Ok(()) };
    let result =
        app.store.put_if_version(&grants::id(&found.value.name), &told(&found.value, task), found.version).await;
    let _ = lease.release().await;
    if let Put::Stored(_) = result? {
        events::tell(app, event(&found.value, task, app.now())).await;
    }
    Ok(())
}

fn told(grant: &Grant, task: Task) -> Grant {
    let mut told = grant.told;
    match task {
        Task::TellRefreshTokenEnding => told.refresh_token_ending = true,
        Task::TellAuthorizationRequired => told.authorization_required = true,
        Task::Refresh => {}
    }
    Grant { told, ..grant.clone() }
}

fn event(grant: &Grant, task: Task, now: Timestamp) -> Event {
    if task == Task::TellRefreshTokenEnding {
        let expires_at = grant.tokens.refresh_expires_at;
        let end = expires_at.map(Timestamp::rfc3339).unwrap_or_default();
        let event = grants::event(EventKind::RefreshTokenEnding, grant, now);
        return Event { expires_at, ..event }
            .because(format!("the refresh token ends at {end}; authorize again before"));
    }
    let event = grants::event(EventKind::AuthorizationRequired, grant, now);
    if event.reason.is_some() { event } else { event.because("its token ended, and there is no refresh token") }
}
