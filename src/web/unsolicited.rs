//! A code that the authorization server sent of its own accord: the page that asks the operator, and its one button.

use super::errors::PageError;
use super::grants;
use super::guards::{Operator, Submitted};
use super::page::{self, Html, Renderer};
use super::pages::Unsolicited;
use crate::app::App;
use crate::flows::authorization_code::unsolicited;
use crate::oauth::name::{ClientName, GrantName};
use rocket::State;
use rocket::response::Redirect;

#[rocket::get("/clients/<name>/unsolicited/<id>")]
pub async fn ask(
    app: &State<App>,
    who: Operator,
    name: ClientName,
    id: &str,
    view: Renderer<'_>,
) -> Result<Html, PageError> {
    unsolicited::waits(app, id, &name, &who.cookie).await?;
    view.page(&Unsolicited { id: id.to_owned(), name: name.to_string() })
}

#[rocket::post("/clients/<name>/unsolicited/<id>", data = "<form>")]
pub async fn accept(
    app: &State<App>,
    who: Operator,
    name: ClientName,
    id: &str,
    form: Submitted,
) -> Result<Redirect, PageError> {
    let name = GrantName { client: name, account: grants::account(&form)? };
    let id = unsolicited::accept(app, id, name, &who.cookie).await?;
    Ok(page::to(app, &format!("/authorizations/{id}")))
}
