//! Keeping a registration as its client is (RFC 7592): a definition that was changed, another redirect URI, a new secret.

use super::{Registration, client_name, replace};
use crate::app::App;
use crate::flows::{Error, clients};
use crate::oauth::definition::SecretSource;
use crate::oauth::outgoing::Outgoing;
use crate::oauth::registration::Management;
use crate::oauth::registration::management::{self, Kept, Outdated};
use crate::registry::Client;
use std::sync::Arc;

/// What the server keeps otherwise than the client is.
pub async fn look(app: &App, client: &Client, registration: Registration) -> Result<Vec<Outdated>, Error> {
    let kept = ask(app, client, &registration.into(), management::look).await?;
    Ok(outdated(app, client, &kept))
}

/// Has it changed. Gives what it was otherwise before, and what it is otherwise still.
pub async fn update(
    app: &App,
    client: &Client,
    registration: Registration,
) -> Result<(Vec<Outdated>, Vec<Outdated>), Error> {
    let kept = ask(app, client, &registration.into(), management::look).await?;
    let before = outdated(app, client, &kept);
    if before.is_empty() {
        return Ok((before, Vec::new()));
    }
    let now = ask(app, client, &kept.management, |_| management::change(&kept, &before)).await?;
    let after = outdated(app, client, &now);
    Ok((before, after))
}

fn outdated(app: &App, client: &Client, kept: &Kept) -> Vec<Outdated> {
    kept.outdated(&client.definition, &client_name(&client.name), &app.redirect_uri_of(client))
}

/// Asks, and keeps at once what the server gave anew: the old token and the old secret may be over.
async fn ask(
    app: &App,
    client: &Client,
    asked: &Management,
    request: impl FnOnce(&Management) -> Outgoing,
) -> Result<Kept, Error> {
    let unreachable = |source| Error::Unreachable { client: client.name.clone(), source };
    let answer = app.network.send(request(asked)).await.map_err(unreachable)?;
    let client_id = client.definition.client_id.clone();
    let kept = management::read(answer.status, answer.body.expose(), asked, &client_id)?;
    let Management { uri, access_token } = kept.management.clone();
    replace(app, &client.name, &Registration { client_id, uri, access_token }).await?;
    keep_secret(app, client, &kept).await?;
    Ok(kept)
}

/// A secret that the user keeps elsewhere (a file, a variable) stays the user's.
async fn keep_secret(app: &App, client: &Client, kept: &Kept) -> Result<(), Error> {
    let Some(secret) = &kept.client_secret else { return Ok(()) };
    let ours = matches!(client.definition.client_secret, Some(SecretSource::Sealed(_)));
    if !ours || app.registry.secret(client)?.is_some_and(|known| known.matches(secret.expose())) {
        return Ok(());
    }
    let mut definition = Arc::unwrap_or_clone(app.client(&client.name).await?.definition);
    definition.client_secret = Some(SecretSource::Plain(secret.clone()));
    clients::update(app, &client.name, client.name.clone(), definition, None).await?;
    tracing::info!(client = %client.name, "the server gave a new client secret");
    Ok(())
}
