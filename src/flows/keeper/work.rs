//! What the background does for one grant.

use super::queue::{Behaved, Lane};
use super::telling;
use crate::app::App;
use crate::flows::refresh::{self, When};
use crate::flows::{Error, grants};
use crate::oauth::definition::Definition;
use crate::oauth::grant::{Cause, Task};
use crate::oauth::name::GrantName;
use crate::registry::Client;

/// Does what is due for one grant.
pub(super) async fn see_to(app: &App, client: &Client, name: &GrantName) -> Result<(), Error> {
    let now = app.now();
    let found = grants::get(app, client, &name.account).await?;
    let task = found.as_ref().and_then(|found| found.value.next_task(&client.definition, now, 0.0));
    match (found, task) {
        (Some(found), Some((at, task @ (Task::TellRefreshTokenEnding | Task::TellAuthorizationRequired)))) => {
            if at <= now { telling::tell(app, found, task).await } else { Ok(()) }
        }
        (Some(_), None) => Ok(()),
        _ => refresh::renew(app, client, name, When::Due).await.map(drop),
    }
}

/// A server that does not answer as it should gets fewer requests at once.
pub(super) fn behaved(result: &Result<(), Error>) -> Behaved {
    match result {
        Err(Error::Unreachable { .. } | Error::NotOAuth { .. }) => Behaved::Badly,
        Err(Error::StillFailing { failing, .. }) if failing.cause == Cause::Server => Behaved::Badly,
        Err(Error::Refused { answer, .. }) if answer.status >= 429 => Behaved::Badly,
        _ => Behaved::Well,
    }
}

/// The host of the endpoint that refreshes, as it is written.
pub(super) fn lane(definition: &Definition) -> Lane {
    let url = definition.refresh.url.as_deref().filter(|url| !url.is_empty()).unwrap_or(&definition.token.url);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default().to_lowercase()
}
