//! Reading a server's metadata again for a client that exists: nothing changes but what is chosen.

use super::{Error, clients, discover};
use crate::app::App;
use crate::oauth::definition::{AuthMethod, Invalid};
use crate::oauth::metadata::{Chosen, Difference, apply, definition_facts_for, differences};
use crate::registry::{Client, Version};
use serde_json::Value;

/// What the metadata of the client's issuer says otherwise than its definition.
pub async fn look(app: &App, client: &Client) -> Result<Vec<Difference>, Error> {
    let Some(issuer) = client.definition.issuer.as_deref() else {
        let said = "without an issuer there is no metadata to read; enter the issuer first";
        return Err(Invalid::field("issuer", said).into());
    };
    let metadata = discover::discover(&app.network, issuer).await?;
    // Who shows a certificate is served at endpoints of its own (RFC 8705 §5).
    let by_certificate = client.definition.token.auth.method == AuthMethod::TlsClientAuth;
    let auth = by_certificate.then(|| "tls_client_auth".to_owned());
    let chosen = Chosen { auth, grant: Some(client.definition.grant.clone()) };
    let facts = definition_facts_for(&metadata, &chosen);
    Ok(differences(&client.definition, &facts))
}

/// Sets the fields that are proposed, unless the definition was changed meanwhile.
pub async fn follow(app: &App, client: &Client, differences: &[Difference]) -> Result<(), Error> {
    let proposed = differences.iter().filter(|difference| difference.proposed);
    let chosen: Vec<(String, Value)> = proposed.map(|one| (one.field.clone(), one.offered.clone())).collect();
    if !chosen.is_empty() {
        take(app, client, &chosen, Some(&client.version())).await?;
    }
    Ok(())
}

/// Sets the chosen fields. `base`: the version that the choice was made on.
pub async fn take(
    app: &App,
    client: &Client,
    chosen: &[(String, Value)],
    base: Option<&Version>,
) -> Result<Client, Error> {
    let fields = chosen.iter().map(|(field, value)| (field.as_str(), value.clone()));
    let definition = apply(&client.definition, fields)?;
    clients::update(app, &client.name, client.name.clone(), definition, base).await
}
