//! What happens, as it happens.

use super::{Answer, Caller};
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::events::{self, Feed, Numbered, Wanted};
use crate::oauth::event::EventKind;
use crate::web::problem::{Problem, Problems};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::stream::{Event as Message, EventStream};
use rocket::{Shutdown, State, get};

/// The last event that a program heard before it lost the connection.
#[derive(Debug)]
pub struct LastHeard(Option<u64>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LastHeard {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        match request.headers().get_one("Last-Event-ID").map(str::parse).transpose() {
            Ok(last) => Outcome::Success(LastHeard(last)),
            Err(_) => {
                let problem = Problem::bad_request("Last-Event-ID: send the id of an event of this stream");
                Outcome::Error((problem.status, problem))
            }
        }
    }
}

/// Events as they happen, about the clients that the key is for: what `oauth-helper watch` prints.
///
/// Server-sent events. The data of each is one JSON object (docs/events.md). Those that are kept have an id; whoever lost
/// the connection sends the last one as `Last-Event-ID` and hears what came since. The first is an empty object: its id is
/// where the stream begins. What is about the program itself is told to keys for all clients.
#[utoipa::path(
    tag = "events",
    params(
        ("client" = Option<String>, Query, description = "Only events about this client"),
        ("event" = Option<Vec<String>>, Query, description = "Only events of these kinds"),
        ("last-event-id" = Option<u64>, Header, description = "Go on after this event"),
    ),
    responses(
        (status = 200, body = String, description = "It does not end", content_type = "text/event-stream"),
        Problems,
    ),
)]
#[get("/events?<client>&<event>")]
pub async fn stream(
    app: &State<App>,
    caller: Answer<Caller>,
    client: Option<&str>,
    event: Vec<&str>,
    last: Answer<LastHeard>,
    ending: Shutdown,
) -> Answer<EventStream![]> {
    let caller = caller?;
    caller.may(Verb::StatusRead)?;
    let client = client.map(|name| caller.client(Verb::StatusRead, name)).transpose()?;
    let wanted = Wanted { client, kinds: kinds(&event)? };
    let feed = events::feed(app, last?.0).await.map_err(|error| Problem::of(app, error))?;
    Ok(told(app.inner().clone(), caller, wanted, feed, ending))
}

fn kinds(names: &[&str]) -> Answer<Vec<EventKind>> {
    let all = || EventKind::ALL.map(EventKind::as_str).join(", ");
    let kind = |name: &&str| EventKind::named(name);
    let found: Option<Vec<_>> = names.iter().map(kind).collect();
    found.ok_or_else(|| Problem::bad_request(&format!("event: choose from {}", all())))
}

/// Ends with the server, with the store, and with the key.
fn told(app: App, caller: Caller, wanted: Wanted, mut feed: Feed, mut ending: Shutdown) -> EventStream![] {
    EventStream! {
        // Where to go on, also for who heard nothing yet.
        yield Message::data("{}").id(feed.told_to().to_string());
        loop {
            let next = tokio::select! {
                next = feed.next() => next,
                () = &mut ending => break,
            };
            let Ok(Numbered { number, event }) = next else { break };
            if !wanted.admits(&event) || !caller.hears(&event) {
                continue;
            }
            if !caller.still_stands(&app).await {
                break;
            }
            let message = Message::json(&event);
            yield match number {
                Some(number) => message.id(number.to_string()),
                None => message,
            };
        }
    }
}
