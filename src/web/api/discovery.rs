//! What servers say of themselves: for a new client, and for one that exists.

use super::{Answer, Caller};
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::discover::{self, Discovered};
use crate::flows::{Error, rediscovery};
use crate::oauth::definition::GrantType;
use crate::oauth::metadata::{Chosen, Difference};
use crate::web::problem::{Problem, Problems};
use rocket::serde::json::Json;
use rocket::{State, get, post};

/// The definition that the metadata of an authorization server makes, or of an API that names one.
///
/// This server asks there, so whoever may do this may create clients.
#[utoipa::path(
    tag = "clients",
    params(
        ("url" = String, Query, description = "Issuer or API address"),
        ("auth" = Option<String>, Query, description = "How the client is going to authenticate (token.auth), if that is chosen"),
        ("grant" = Option<String>, Query, description = "Its grant, if that is chosen"),
    ),
    responses((status = 200, body = Discovered, description = "What was found"), Problems),
)]
#[get("/discover?<url>&<auth>&<grant>")]
pub async fn find(
    app: &State<App>,
    caller: Answer<Caller>,
    url: &str,
    auth: Option<&str>,
    grant: Option<&str>,
) -> Answer<Json<Discovered>> {
    caller?.may(Verb::ClientsWrite)?;
    let chosen = Chosen { auth: auth.map(str::to_owned), grant: grant.map(|text| GrantType::from(text.to_owned())) };
    let found = discover::find(&app.network, url).await.map_err(|error| Problem::of(app, error.into()))?;
    Ok(Json(Discovered::of(&found, &chosen)))
}

/// What the metadata of a client's issuer says otherwise than its definition.
#[utoipa::path(
    tag = "clients",
    responses((status = 200, body = Vec<Difference>, description = "One object a field"), Problems),
)]
#[get("/clients/<name>/discover")]
pub async fn look(app: &State<App>, caller: Answer<Caller>, name: &str) -> Answer<Json<Vec<Difference>>> {
    let name = caller?.client(Verb::ClientsRead, name)?;
    let looked = async { rediscovery::look(app, &app.client(&name).await?).await };
    looked.await.map(Json).map_err(|error| Problem::of(app, error))
}

/// Takes over the differences that are proposed: endpoints, never what a person chose. Its tokens stay.
#[utoipa::path(
    tag = "clients",
    responses((status = 200, body = Vec<Difference>, description = "The differences that there were"), Problems),
)]
#[post("/clients/<name>/discover")]
pub async fn follow(app: &State<App>, caller: Answer<Caller>, name: &str) -> Answer<Json<Vec<Difference>>> {
    let name = caller?.client(Verb::ClientsWrite, name)?;
    let followed = async {
        let client = app.client(&name).await?;
        let differences = rediscovery::look(app, &client).await?;
        rediscovery::follow(app, &client, &differences).await?;
        Ok::<_, Error>(differences)
    };
    followed.await.map(Json).map_err(|error| Problem::of(app, error))
}
