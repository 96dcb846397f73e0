//! Client definitions. Secrets are write-only here: none is ever answered, and one that a call leaves out stays.

use super::condition::Condition;
use super::openapi::DefinitionSchema;
use super::{Answer, Caller};
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::clients::{self, Revocation, Stored};
use crate::flows::{self, registration};
use crate::oauth::name::ClientName;
use crate::registry::Client;
use crate::web::problem::{Problem, Problems};
use rocket::http::{Header, Status};
use rocket::serde::json::Json;
use rocket::{State, delete, get, put};
use serde_json::Value;

/// A client in a list.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct NamedClient {
    name: String,
    /// Without secrets.
    #[schema(value_type = DefinitionSchema)]
    definition: Value,
    /// The file that it is declared in, and can be changed in alone. Absent: it is kept here.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_in: Option<String>,
}

impl NamedClient {
    fn of(client: &Client) -> Self {
        let declared_in = client.declared_in.as_ref().map(|file| file.display().to_string());
        Self { name: client.name.to_string(), definition: shown(client), declared_in }
    }
}

/// Every client that the key is for, by name, without secrets.
#[utoipa::path(
    tag = "clients",
    responses(
        (status = 200, body = Vec<NamedClient>, description = "By name"),
        Problems,
    ),
)]
#[get("/clients")]
pub async fn list(app: &State<App>, caller: Answer<Caller>) -> Answer<Json<Vec<NamedClient>>> {
    let caller = caller?;
    caller.may(Verb::ClientsRead)?;
    let all = app.registry.list().await.map_err(|error| Problem::of(app, error.into()))?;
    let admitted = all.iter().filter(|client| caller.admits(&client.name));
    Ok(Json(admitted.map(NamedClient::of).collect()))
}

/// One client's definition, without secrets.
///
/// The `ETag` names its version; `PUT` and `DELETE` take it as `If-Match`.
#[utoipa::path(
    tag = "clients",
    responses(
        (status = 200, body = DefinitionSchema, description = "The definition", headers(("etag" = String))),
        Problems,
    ),
)]
#[get("/clients/<name>")]
pub async fn show(app: &State<App>, caller: Answer<Caller>, name: &str) -> Answer<DefinitionJson> {
    let name = caller?.client(Verb::ClientsRead, name)?;
    let client = app.client(&name).await.map_err(|error| Problem::of(app, error.into()))?;
    Ok(DefinitionJson::of(&client))
}

/// Creates a client, or replaces its definition. Its tokens stay.
///
/// A secret that is absent (or `null`) stays as it is stored; `""` removes it. `If-Match` with the `ETag` of the
/// definition replaces that version only, and `If-None-Match: *` only creates. `rename` gives an existing client another
/// name in the same step; its tokens go along.
#[utoipa::path(
    tag = "clients",
    request_body(content = DefinitionSchema),
    params(
        ("rename" = Option<String>, Query, description = "The client's new name"),
        ("if-match" = Option<String>, Header, description = "The `ETag` of the version to replace, or `*`"),
        ("if-none-match" = Option<String>, Header, description = "`*`: only create"),
    ),
    responses(
        (status = 200, body = DefinitionSchema, description = "Replaced", headers(("etag" = String))),
        (status = 201, body = DefinitionSchema, description = "Created", headers(("etag" = String))),
        Problems,
    ),
)]
#[put("/clients/<name>?<rename>", data = "<definition>")]
pub async fn put(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    rename: Option<&str>,
    condition: Answer<Condition>,
    definition: Result<Json<Value>, rocket::serde::json::Error<'_>>,
) -> Answer<(Status, DefinitionJson)> {
    let (caller, condition) = (caller?, condition?);
    let name = caller.client(Verb::ClientsWrite, name)?;
    let new_name = rename.map_or(Ok(name.clone()), |text| renamed(&caller, text))?;
    let json = definition.map_err(|_| Problem::bad_request("send the definition as one JSON object"))?.into_inner();
    let definition = app.presets.read(json).map_err(|invalid| Problem::of(app, invalid.into()))?;
    let stored = clients::put(app, &name, &new_name, definition, &condition.0).await;
    Ok(match stored.map_err(|error| condition.problem(app, error))? {
        Stored::Created(client) => (Status::Created, DefinitionJson::of(&client)),
        Stored::Replaced(client) => (Status::Ok, DefinitionJson::of(&client)),
    })
}

/// The name may only be one that the key is for.
fn renamed(caller: &Caller, text: &str) -> Answer<ClientName> {
    let name: ClientName = text.parse().map_err(|error| Problem::bad_request(&format!("rename: {error}")))?;
    if caller.admits(&name) { Ok(name) } else { Err(Problem::forbidden_client(&name)) }
}

/// Deletes a client and all its tokens. The authorization server is not told: `revoke` first, where that matters, and with
/// `unregister` the registration that this program made there is ended afterwards.
#[utoipa::path(
    tag = "clients",
    params(("unregister" = Option<bool>, Query, description = "`true`: also end its registration")),
    responses(
        (status = 204, description = "Deleted"),
        Problems,
    ),
)]
#[delete("/clients/<name>?<unregister>")]
pub async fn delete(app: &State<App>, caller: Answer<Caller>, name: &str, unregister: Option<bool>) -> Answer<Status> {
    let name = caller?.client(Verb::ClientsWrite, name)?;
    let deleted = async {
        let client = app.client(&name).await?;
        let registered = if unregister == Some(true) { registration::of(app, &client).await? } else { None };
        clients::delete(app, &name, Revocation::Skip).await?;
        match registered {
            Some(registered) => registration::end(app, registered).await,
            None => Ok(()),
        }
    };
    deleted.await.map(|()| Status::NoContent).map_err(|error: flows::Error| Problem::of(app, error))
}

/// A definition without secrets, and its version.
#[derive(Debug, rocket::Responder)]
#[response(content_type = "json")]
pub struct DefinitionJson {
    text: String,
    version: Header<'static>,
}

impl DefinitionJson {
    fn of(client: &Client) -> Self {
        Self { text: shown(client).to_string(), version: Header::new("ETag", format!("\"{}\"", client.version())) }
    }
}

fn shown(client: &Client) -> Value {
    client.definition.without_secrets().to_json().unwrap_or_default()
}
