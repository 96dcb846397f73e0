//! The registration that this program made of a client at its authorization server.

use super::discovery::told;
use super::errors::PageError;
use super::guards::{Operator, Submitted};
use super::page;
use crate::app::App;
use crate::flows::registration::{self, upkeep};
use crate::oauth::name::ClientName;
use crate::oauth::registration::management::Outdated;
use rocket::State;
use rocket::response::{Flash, Redirect};

/// Has the server keep the client as it is here.
#[rocket::post("/clients/<name>/registration", data = "<_form>")]
pub async fn update(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    _form: Submitted,
) -> Result<Flash<Redirect>, PageError> {
    let client = app.client(&name).await?;
    let page = format!("/clients/{name}");
    let Some(registered) = registration::of(app, &client).await? else {
        let said = "This program did not register the app. Change it on the server\u{2019}s own pages.";
        return Ok(Flash::error(page::to(app, &page), said));
    };
    Ok(match upkeep::update(app, &client, registered).await {
        Ok((before, after)) => page::done(app, &page, sentence(&before, &after)),
        Err(error) => Flash::error(page::to(app, &page), told(&error)),
    })
}

fn sentence(before: &[Outdated], after: &[Outdated]) -> String {
    let names = |all: &[Outdated]| all.iter().map(|outdated| outdated.name).collect::<Vec<_>>().join(", ");
    match (before, after) {
        ([], _) => "The server has the app as it is here. Nothing is changed.".to_owned(),
        (_, []) => format!("The server has the app as it is here now. It changed {}.", names(before)),
        _ => format!("The server took the change, but not all of it. Still as it was: {}.", names(after)),
    }
}
