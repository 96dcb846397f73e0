//! What happened: the list, and live.

use super::errors::PageError;
use super::guards::{Operator, Submitted};
use super::notifications;
use super::page::{self, Html, Renderer};
use super::pages::{EventRow, Events};
use super::paging::Paged;
use crate::app::App;
use crate::flows::events::{self, News, Noted, Wanted};
use crate::oauth::name::ClientName;
use rocket::response::Redirect;
use rocket::response::stream::{Event as Message, EventStream};
use rocket::{Shutdown, State};
use std::collections::BTreeSet;

/// So many the page of a client shows.
const OF_CLIENT: usize = 5;

#[rocket::get("/events?<client>&<page>")]
pub async fn show(
    app: &State<App>,
    _who: Operator,
    view: Renderer<'_>,
    client: Option<&str>,
    page: Option<usize>,
) -> Result<Html, PageError> {
    let (all, client) = (events::list(app).await?, client.unwrap_or_default().trim());
    let clients: BTreeSet<String> = all.iter().filter_map(name).collect();
    let wanted: Vec<&Noted> = all.iter().filter(|noted| client.is_empty() || is_about(noted, client)).collect();
    let Paged { shown, page, pages, total } = Paged::of(wanted, page);
    let rows = shown.into_iter().map(|noted| EventRow::of(noted, app.now())).collect();
    let clients = clients.into_iter().collect();
    let targets = notifications::rows(app).await?;
    view.page(&Events { rows, client: client.to_owned(), clients, page, pages, total, targets })
}

fn name(noted: &Noted) -> Option<String> {
    noted.event.client.as_ref().map(ToString::to_string)
}

fn is_about(noted: &Noted, client: &str) -> bool {
    noted.event.client.as_ref().is_some_and(|name| name.as_str() == client)
}

/// The newest about one client.
pub async fn of_client(app: &App, client: &ClientName) -> Result<Vec<EventRow>, crate::flows::Error> {
    let all = events::list(app).await?;
    let own = all.iter().filter(|noted| is_about(noted, client.as_str())).take(OF_CLIENT);
    Ok(own.map(|noted| EventRow::of(noted, app.now())).collect())
}

#[rocket::post("/events/read", data = "<_form>")]
pub async fn mark_read(app: &State<App>, _form: Submitted) -> Result<Redirect, PageError> {
    events::mark_read(app).await?;
    Ok(page::to(app, "/events"))
}

/// Server-sent events for open pages: each event as JSON, and an empty object when some may have been missed.
#[rocket::get("/events/stream")]
pub async fn stream(app: &State<App>, _who: Operator, mut ending: Shutdown) -> EventStream![] {
    let mut watch = events::watch(app, Wanted::default()).await;
    EventStream! {
        loop {
            let news = tokio::select! {
                news = watch.next() => news,
                () = &mut ending => break,
            };
            match news {
                News::Event(event) => yield Message::json(&*event),
                News::Missed => yield Message::data("{}"),
            }
        }
    }
}
