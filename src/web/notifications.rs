//! Who else is told of events, how that goes, and the button that tries it.

use super::errors::PageError;
use super::guards::{Operator, Submitted};
use super::page::{Html, Renderer};
use super::pages::{Notified, TargetRow, words};
use crate::app::App;
use crate::flows::notification::{self, Standing, Target, Tried, Verdict};
use crate::oauth::event::EventKind;
use crate::oauth::timestamp::Timestamp;
use rocket::State;

/// Empty where nobody else is told.
pub async fn rows(app: &App) -> Result<Vec<TargetRow>, PageError> {
    Ok(notification::standings(app).await?.iter().map(|standing| row(standing, app.now())).collect())
}

/// 404 for a target that is not set.
#[rocket::post("/events/test", data = "<form>")]
pub async fn test(
    app: &State<App>,
    _who: Operator,
    form: Submitted,
    view: Renderer<'_>,
) -> Option<Result<Html, PageError>> {
    let target = Target::named(form.get("target"))?;
    let tried = notification::test(app, target).await?;
    Some(view.page(&notified(target, tried)))
}

fn notified(target: Target, tried: Tried) -> Notified {
    let good = tried.verdict == Verdict::Taken;
    let verdict = if good { "The test arrived" } else { "The test did not arrive" };
    let text = format!("{verdict}: {}.", tried.said.trim_end_matches('.'));
    Notified { title: title(target).to_owned(), text, good, answer: tried.answer }
}

fn row(standing: &Standing, now: Timestamp) -> TargetRow {
    let events: Vec<&str> = standing.events.iter().copied().map(EventKind::title).collect();
    TargetRow {
        key: standing.target.as_str(),
        title: title(standing.target),
        to: standing.to.clone(),
        events: events.join(", "),
        good: standing.failing.is_none(),
        state: state(standing, now),
        given_up: standing.given_up,
    }
}

fn state(standing: &Standing, now: Timestamp) -> String {
    let waiting = match standing.waiting {
        0 => String::new(),
        1 => " 1 event waits.".to_owned(),
        many => format!(" {many} events wait."),
    };
    let next = match standing.next_try_at.map(|at| now.seconds_until(at)) {
        Some(seconds) => format!(" Next try in {}.", words::duration(seconds.max(0))),
        None => String::new(),
    };
    match (&standing.failing, standing.delivered_at) {
        (Some((since, why)), _) => format!("Fails since {}: {why}.{waiting}{next}", words::ago(*since, now)),
        (None, Some(at)) => format!("Last delivered {}.{waiting}", words::ago(at, now)),
        (None, None) => format!("Nothing was to be delivered yet.{waiting}"),
    }
}

const fn title(target: Target) -> &'static str {
    match target {
        Target::Webhook => "Webhook",
        Target::Command => "Command",
    }
}
