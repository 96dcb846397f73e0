//! The button that makes a client's key.

use super::errors::PageError;
use super::guards::{Operator, Submitted};
use super::page;
use crate::app::App;
use crate::flows::client_key;
use crate::oauth::definition::Invalid;
use crate::oauth::jwk::Algorithm;
use crate::oauth::name::ClientName;
use rocket::State;
use rocket::response::{Flash, Redirect};

#[rocket::post("/clients/<name>/key", data = "<form>")]
pub async fn generate(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    form: Submitted,
) -> Result<Flash<Redirect>, PageError> {
    let alg = algorithm(form.get("alg"))?;
    client_key::generate(app, &name, alg).await?;
    Ok(page::done(app, &format!("/clients/{name}"), "The key is made. Next: register its public half at the server."))
}

fn algorithm(text: &str) -> Result<Algorithm, Invalid> {
    match text {
        "" => Ok(Algorithm::Es256),
        text => Algorithm::parse(text).ok_or_else(|| Invalid::field("alg", "choose ES256 or EdDSA")),
    }
}
