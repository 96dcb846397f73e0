//! The Python helper's addresses, for bookmarks. It named a client by its client ID.

use super::errors::PageError;
use super::guards::Operator;
use super::page;
use crate::app::App;
use rocket::State;
use rocket::response::Redirect;

#[rocket::get("/add-client")]
pub fn add_client(app: &State<App>) -> Redirect {
    page::to(app, "/clients/new")
}

#[rocket::get("/client-detail/<id>")]
pub async fn client_detail(app: &State<App>, _who: Operator, id: &str) -> Result<Redirect, PageError> {
    to_client(app, id).await
}

#[rocket::get("/client-auth/<id>")]
pub async fn client_auth(app: &State<App>, _who: Operator, id: &str) -> Result<Redirect, PageError> {
    to_client(app, id).await
}

/// The client's page, or the list when there is no such client any more.
async fn to_client(app: &App, id: &str) -> Result<Redirect, PageError> {
    let client = app.registry.with_client_id(id).await?;
    Ok(page::to(app, &client.map_or_else(|| "/".to_owned(), |client| format!("/clients/{}", client.name))))
}
