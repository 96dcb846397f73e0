//! Tokens of other clients' grants in a client's token request, such as the subject of a token exchange (RFC 8693).

use super::Error;
use super::token::{self, MIN_VALID_S};
use crate::app::App;
use crate::oauth::definition::{Definition, Invalid};
use crate::oauth::grant_reference::GrantReference;
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::secret::Secret;
use crate::registry::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

/// Placeholder → token, each fresh.
pub(super) type Referred = BTreeMap<String, Secret>;

/// Fetches every token that a definition refers to. To be called without a lease in hand: other grants may have to be
/// refreshed first. Boxed, since renewing those comes back here.
pub(super) fn fetch<'a>(
    app: &'a App,
    client: &'a Client,
) -> Pin<Box<dyn Future<Output = Result<Referred, Error>> + Send + 'a>> {
    Box::pin(async move {
        let references = client.definition.grant_references();
        if references.is_empty() {
            return Ok(Referred::new());
        }
        refuse_circles(app, client).await?;
        let mut referred = Referred::new();
        for reference in references {
            let (_, grant) = token::current(app, &reference.grant, MIN_VALID_S).await?;
            let token = reference.token_of(&grant).ok_or_else(|| Error::NoIdToken(reference.grant.clone()))?;
            referred.insert(reference.to_string(), token.clone());
        }
        Ok(referred)
    })
}

/// Two clients that each want a token of the other would wait for each other for ever.
async fn refuse_circles(app: &App, client: &Client) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<ClientName> = names(&client.definition);
    while let Some(name) = open.pop() {
        if name == client.name {
            return Err(circle(&client.name).into());
        }
        if seen.insert(name.clone()) {
            open.extend(names(&app.client(&name).await?.definition));
        }
    }
    Ok(())
}

/// What can be said of a definition's references before it is saved under a name.
pub(super) fn check(name: &ClientName, definition: &Definition) -> Result<(), Invalid> {
    if names(definition).contains(name) { Err(circle(name)) } else { Ok(()) }
}

fn circle(name: &ClientName) -> Invalid {
    Invalid::field(
        "token.params",
        format!("`{name}` would need a token of its own to get one; refer to another client"),
    )
}

fn names(definition: &Definition) -> Vec<ClientName> {
    definition
        .grant_references()
        .into_iter()
        .map(|GrantReference { grant: GrantName { client, .. }, .. }| client)
        .collect()
}
