//! The client's own key. Its private half is in no answer.

use super::{Answer, Caller};
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::client_key;
use crate::oauth::jwk::Algorithm;
use crate::web::problem::{Problem, Problems};
use rocket::serde::json::Json;
use rocket::{State, get, post};
use serde_json::Value;

/// The public half of the client's key, as a JWK Set (RFC 7517 §5) to register at the authorization server.
#[utoipa::path(
    tag = "clients",
    responses((status = 200, body = Object, description = "The JWK Set"), Problems),
)]
#[get("/clients/<name>/key")]
pub async fn show(app: &State<App>, caller: Answer<Caller>, name: &str) -> Answer<Json<Value>> {
    let name = caller?.client(Verb::ClientsRead, name)?;
    client_key::public_half(app, &name).await.map(Json).map_err(|error| Problem::of(app, error))
}

/// Makes a key, keeps it sealed, and lets the client authenticate with it. One that is there is replaced.
#[utoipa::path(
    tag = "clients",
    params(("alg" = Option<String>, Query, description = "`ES256` (unless said) or `EdDSA`")),
    responses((status = 200, body = Object, description = "The public half, as a JWK Set"), Problems),
)]
#[post("/clients/<name>/key?<alg>")]
pub async fn generate(app: &State<App>, caller: Answer<Caller>, name: &str, alg: Option<&str>) -> Answer<Json<Value>> {
    let name = caller?.client(Verb::ClientsWrite, name)?;
    let alg = Algorithm::parse(alg.unwrap_or(Algorithm::Es256.as_str()));
    let alg = alg.ok_or_else(|| Problem::bad_request("alg: choose ES256 or EdDSA"))?;
    client_key::generate(app, &name, alg).await.map_err(|error| Problem::of(app, error))?;
    client_key::public_half(app, &name).await.map(Json).map_err(|error| Problem::of(app, error))
}
