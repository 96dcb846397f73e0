//! What can be done with a grant: authorize, refresh, revoke, forget.

use super::errors::PageError;
use super::guards::{Operator, Submitted};
use super::page;
use crate::app::App;
use crate::flows;
use crate::flows::authorization_code::{self, Binding};
use crate::flows::token;
use crate::oauth::definition::Invalid;
use crate::oauth::name::{Account, ClientName, GrantName};
use rocket::State;
use rocket::http::Header;
use rocket::response::{Flash, Redirect};

type Done = Result<Flash<Redirect>, PageError>;

/// The redirect to an authorization server. Where it goes must not learn where the browser comes from.
#[derive(Debug, rocket::Responder)]
pub struct Departure {
    redirect: Redirect,
    referrer: Header<'static>,
}

#[rocket::post("/clients/<name>/authorize", data = "<form>")]
pub async fn authorize(
    app: &State<App>,
    who: Operator,
    name: ClientName,
    form: Submitted,
) -> Result<Departure, PageError> {
    let name = GrantName { client: name, account: account(&form)? };
    let started = authorization_code::start(app, &name, Binding::browser(&who.cookie)).await?;
    Ok(Departure {
        redirect: Redirect::to(String::from(started.url)),
        referrer: Header::new("Referrer-Policy", "no-referrer"),
    })
}

#[rocket::post("/clients/<name>/refresh", data = "<form>")]
pub async fn refresh(app: &State<App>, name: ClientName, form: Submitted) -> Done {
    let name = GrantName { client: name, account: account(&form)? };
    let result = token::refreshed(app, &name).await;
    said(app, &name.client, result.map(|_| format!("{name} has a new token.")))
}

#[rocket::post("/clients/<name>/revoke", data = "<form>")]
pub async fn revoke(app: &State<App>, name: ClientName, form: Submitted) -> Done {
    let name = GrantName { client: name, account: account(&form)? };
    let result = flows::revoke::discard(app, &name).await.map(|refused| match refused {
        None => format!("The tokens of {name} are deleted."),
        Some(error) => format!("The tokens of {name} are deleted here, but they still hold at the server: {error}."),
    });
    said(app, &name.client, result)
}

/// Back to the client's page, with what was done or why not.
fn said(app: &App, client: &ClientName, result: Result<String, crate::flows::Error>) -> Done {
    let page = page::to(app, &format!("/clients/{client}"));
    match result {
        Ok(said) => Ok(Flash::success(page, said)),
        Err(error @ crate::flows::Error::UnknownClient(_)) => Err(error.into()),
        Err(error) => {
            let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
            Ok(Flash::error(page, format!("{}{hint}", super::pages::words::sentence(&error.to_string()))))
        }
    }
}

pub fn account(form: &Submitted) -> Result<Account, Invalid> {
    authorization_code::account(form.get("account")).map_err(|error| Invalid::field("account", error.to_string()))
}
