//! The resource owner password credentials grant (RFC 6749 §4.3), for servers that offer nothing else. The password is
//! sent once and never stored; from then on the refresh token counts.

use super::authorization_code::{Binding, Outcome, Settled};
use super::exchange::Exchange;
use super::{Error, grants, identity};
use crate::app::App;
use crate::oauth::auth_alternatives::AuthPlace;
use crate::oauth::definition::{GrantType, Invalid};
use crate::oauth::grant::Grant;
use crate::oauth::name::GrantName;
use crate::oauth::secret::Secret;
use crate::oauth::token_request;
use std::collections::BTreeMap;
use std::time::Instant;

/// RFC 9700 §2.4.
pub const WARNING: &str = "This grant hands your password to this program. It is there for servers that offer nothing \
                           else: where the server can send a browser to its own login page, use that.";

/// Exchanges a user name and a password for a grant, which is stored.
pub async fn redeem(app: &App, name: &GrantName, username: &str, password: &Secret) -> Result<Grant, Error> {
    let client = app.client(&name.client).await?;
    let definition = &client.definition;
    if definition.grant != GrantType::Password {
        let said = "a password is taken only where the definition says that the grant is `password`";
        return Err(Invalid::field("grant", said).into());
    }
    let values = definition
        .values(&app.redirect_uri(definition), app.now(), &app.random_text())
        .with("username", username)
        .with("password", password.expose());
    let began = Instant::now();
    let tokens =
        Exchange::new(app, &client, AuthPlace::Token).tokens(&values, &[password], token_request::password).await?;
    let identity = identity::of(app, &client, &tokens, None).await?;
    let grant = Grant::authorized(name.clone(), &definition.client_id, tokens, BTreeMap::new()).from(identity);
    grants::authorize(app, &client, grant, began.elapsed()).await
}

/// The same to its end even when the browser hangs up, with a result that its page shows; gives its id.
pub async fn settle(
    app: &App,
    name: GrantName,
    binding: Binding,
    username: String,
    password: Secret,
) -> Result<String, Error> {
    let app = app.clone();
    let task = app.work.clone().spawn(async move {
        let result = redeem(&app, &name, &username, &password).await;
        let outcome = Outcome::of(&result);
        tracing::info!(client = %name.client, account = %name.account, outcome = outcome.word(), "password grant ended");
        let id = app.random_text();
        Settled { name, binding, outcome }.keep(&app, &id, 0).await?;
        Ok(id)
    });
    task.await.map_err(|_| Error::Interrupted)?
}
