//! Registrations at authorization servers (RFC 7591, 7592). What one is changed with never leaves this server.

use super::openapi::DefinitionSchema;
use super::{Answer, Caller};
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::installation::{Installation, Updated};
use crate::flows::registration::Registered;
use crate::oauth::secret::Secret;
use crate::web::problem::{Problem, Problems};
use rocket::http::Status;
use rocket::serde::json::{Error, Json};
use rocket::{State, get, post};
use serde_json::Value;

/// What to register for.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub struct Wanted {
    /// As far as it is known: an issuer at least.
    #[schema(value_type = DefinitionSchema)]
    definition: Value,
    /// Where the server wants one.
    #[schema(value_type = Option<String>)]
    initial_access_token: Option<Secret>,
}

/// Registers an app at the definition's issuer, and creates the client.
#[utoipa::path(
    tag = "clients",
    request_body = Wanted,
    responses((status = 201, body = Registered, description = "Registered and created"), Problems),
)]
#[post("/clients/<name>/registration", data = "<wanted>")]
pub async fn register(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    wanted: Result<Json<Wanted>, Error<'_>>,
) -> Answer<(Status, Json<Registered>)> {
    let name = caller?.client(Verb::ClientsWrite, name)?;
    let Ok(Json(Wanted { definition, initial_access_token })) = wanted else {
        return Err(Problem::bad_request("send {\"definition\": {\"issuer\": \"…\"}, \"initial_access_token\": null}"));
    };
    let registered = here(app).register(&name, definition, initial_access_token).await;
    registered.map(|done| (Status::Created, Json(done))).map_err(|error| Problem::of(app, error))
}

/// What the authorization server keeps otherwise than the client is.
#[utoipa::path(
    tag = "clients",
    responses((status = 200, body = Vec<Object>, description = "`name`, `present` and `wanted` of each member"), Problems),
)]
#[get("/clients/<name>/registration")]
pub async fn look(app: &State<App>, caller: Answer<Caller>, name: &str) -> Answer<Json<Vec<Value>>> {
    let name = caller?.client(Verb::ClientsRead, name)?;
    let outdated = here(app).outdated(&name).await.map_err(|error| Problem::of(app, error))?;
    outdated.map(Json).ok_or_else(|| Problem::no_registration(&name))
}

/// Has the authorization server keep the registration as the client is.
#[utoipa::path(
    tag = "clients",
    responses((status = 200, body = Updated, description = "What was otherwise, and what still is"), Problems),
)]
#[post("/clients/<name>/registration/update")]
pub async fn update(app: &State<App>, caller: Answer<Caller>, name: &str) -> Answer<Json<Updated>> {
    let name = caller?.client(Verb::ClientsWrite, name)?;
    let updated = here(app).update_registration(&name).await.map_err(|error| Problem::of(app, error))?;
    updated.map(Json).ok_or_else(|| Problem::no_registration(&name))
}

fn here(app: &State<App>) -> Installation {
    Installation::Here(app.inner().clone())
}
