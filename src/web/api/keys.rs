//! Keys that a key makes, see [`delegated`].

use super::{Answer, Caller};
use crate::app::App;
use crate::flows::api_keys::{KeyFacts, Verb, Wanted, delegated};
use crate::flows::installation::{NewKey, ShownKey};
use crate::web::problem::{Problem, Problems};
use rocket::http::Status;
use rocket::serde::json::{Error, Json};
use rocket::{State, delete, get, post};

/// In characters.
const LONGEST_LABEL: usize = 100;

/// The keys that could do no more than the caller's, and that one; the newest first.
#[utoipa::path(
    tag = "keys",
    responses((status = 200, body = Vec<KeyFacts>, description = "Never what a key is opened with"), Problems),
)]
#[get("/keys")]
pub async fn list(app: &State<App>, caller: Answer<Caller>) -> Answer<Json<Vec<KeyFacts>>> {
    let caller = caller?;
    caller.may(Verb::KeysWrite)?;
    let keys = delegated::list(app, caller.key()).await.map_err(|error| Problem::of(app, error))?;
    Ok(Json(keys.iter().map(KeyFacts::from).collect()))
}

/// Makes a key that may do no more than the caller's, and ends with that one. It is shown in this answer alone.
#[utoipa::path(
    tag = "keys",
    request_body = NewKey,
    responses((status = 201, body = ShownKey, description = "The key"), Problems),
)]
#[post("/keys", data = "<wanted>")]
pub async fn create(
    app: &State<App>,
    caller: Answer<Caller>,
    wanted: Result<Json<NewKey>, Error<'_>>,
) -> Answer<(Status, Json<ShownKey>)> {
    let caller = caller?;
    caller.may(Verb::KeysWrite)?;
    let wanted = wanted.map_err(|error| Problem::bad_request(&refusal(&error)))?.into_inner();
    let wanted = checked(app, &caller, wanted).await?;
    let made = delegated::create(app, caller.key(), wanted).await.map_err(|error| Problem::of(app, error))?;
    let (key, text) = made.map_err(|refused| Problem::forbidden_key(&refused.to_string()))?;
    Ok((Status::Created, Json(ShownKey { key: text, facts: KeyFacts::from(&key) })))
}

fn refusal(error: &Error<'_>) -> String {
    let why = match error {
        Error::Parse(_, why) => format!(": {why}"),
        Error::Io(_) => String::new(),
    };
    format!("send {{\"label\": \"…\", \"clients\": [], \"verbs\": [], \"expires_in\": SECONDS}}{why}")
}

async fn checked(app: &App, caller: &Caller, wanted: NewKey) -> Answer<Wanted> {
    if !(1..=LONGEST_LABEL).contains(&wanted.label.chars().count()) {
        return Err(Problem::bad_request("label: say in at most 100 characters what the key is for"));
    }
    for client in wanted.clients.iter().filter(|client| caller.admits(client)) {
        app.client(client).await.map_err(|error| Problem::of(app, error.into()))?;
    }
    Ok(wanted.from(app.now()))
}

/// Makes a key worthless, and with it those that it made: one that could do no more than the caller's, or that one.
#[utoipa::path(tag = "keys", responses((status = 204, description = "Revoked"), Problems))]
#[delete("/keys/<id>")]
pub async fn revoke(app: &State<App>, caller: Answer<Caller>, id: &str) -> Answer<Status> {
    let caller = caller?;
    caller.may(Verb::KeysWrite)?;
    let revoked = delegated::revoke(app, caller.key(), id).await.map_err(|error| Problem::of(app, error))?;
    if revoked { Ok(Status::NoContent) } else { Err(Problem::unknown_key(id)) }
}
