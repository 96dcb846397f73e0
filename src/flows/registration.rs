//! Registering a client at its authorization server, and ending that registration.

pub mod upkeep;

use super::{Error, clients, discover};
use crate::app::App;
use crate::oauth::definition::{Definition, RedirectUri};
use crate::oauth::metadata::Metadata;
use crate::oauth::name::ClientName;
use crate::oauth::registration::{self, Management, management};
use crate::oauth::secret::{Secret, exposed};
use crate::registry::{self, Client};
use crate::store::{Kind, Put, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

/// How a registration is ended, kept under the client's name: no part of the definition, which people copy and export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
    client_id: String,
    uri: Url,
    #[serde(with = "exposed")]
    access_token: Secret,
}

impl Record for Registration {
    const KIND: Kind = Kind::Registration;
}

/// What a registration came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct Registered {
    pub issuer: String,
    pub client_id: String,
    /// What the server did otherwise than asked, each in a sentence.
    pub warnings: Vec<String>,
    /// Whether a person has to authorize the client next.
    pub by_person: bool,
}

/// Registers at the issuer that the definition names, for somebody who may not be on this machine.
pub async fn at_issuer(app: &App, name: ClientName, facts: Value, token: Option<&Secret>) -> Result<Registered, Error> {
    let mut known = Definition::from_json(with(&facts, "client_id", json!("pending")))?;
    clients::refuse_places(None, &mut known)?;
    let metadata = discover::discover(&app.network, known.issuer.as_deref().unwrap_or_default()).await?;
    let (client, warnings) = register(app, &metadata, name, facts, token).await?;
    let Client { definition, .. } = client;
    let by_person = definition.needs_resource_owner();
    Ok(Registered { issuer: metadata.issuer, client_id: definition.client_id.clone(), warnings, by_person })
}

/// Registers a client for the definition that `facts` begin, and creates it. Gives what the server did otherwise than
/// asked, each in a sentence.
pub async fn register(
    app: &App,
    metadata: &Metadata,
    name: ClientName,
    facts: Value,
    initial_access_token: Option<&Secret>,
) -> Result<(Client, Vec<String>), Error> {
    // Before anything is registered: a name that cannot be used would leave an orphan at the server.
    clients::check(&name)?;
    if app.registry.get(&name).await?.is_some() {
        return Err(registry::Error::Exists(name).into());
    }
    let registered = ask(app, metadata, &name, &facts, initial_access_token).await?;
    match keep(app, name, facts, &registered).await {
        Ok(client) => Ok((client, registered.warnings)),
        Err(error) => {
            if let Some(management) = &registered.management
                && let Err(left) = at_server(app, management).await
            {
                tracing::warn!(error = %left, "a registration that could not be used is left at the server");
            }
            Err(error)
        }
    }
}

async fn ask(
    app: &App,
    metadata: &Metadata,
    name: &ClientName,
    facts: &Value,
    token: Option<&Secret>,
) -> Result<registration::Registered, Error> {
    // A definition is whole only with a client ID: this one stands for what the server is about to give.
    let definition = Definition::from_json(with(facts, "client_id", json!("pending")))?;
    let redirect_uri = app.redirect_uri(&definition);
    let request = registration::request(metadata, &definition, &client_name(name), &redirect_uri, token)?;
    let unreachable = |source| Error::Unreachable { client: name.clone(), source };
    let answer = app.network.send(request).await.map_err(unreachable)?;
    let by_browser = definition.needs_resource_owner() && definition.redirect_uri == RedirectUri::Auto;
    let redirect_uri = Some(redirect_uri.as_str()).filter(|_| by_browser);
    Ok(registration::read(answer.status, answer.body.expose(), metadata, redirect_uri, token)?)
}

/// What people read there.
fn client_name(name: &ClientName) -> String {
    format!("OAuth Client Helper: {name}")
}

async fn keep(
    app: &App,
    name: ClientName,
    facts: Value,
    registered: &registration::Registered,
) -> Result<Client, Error> {
    let mut json = with(&facts, "client_id", json!(registered.client_id));
    if !json["token"].is_object() {
        json["token"] = json!({});
    }
    json["token"]["auth"] = json!(registered.auth);
    if let Some(secret) = &registered.client_secret {
        json["client_secret"] = json!(secret.expose());
    }
    let definition = Definition::from_json(json)?;
    if let Some(Management { uri, access_token }) = &registered.management {
        let (client_id, uri, access_token) = (registered.client_id.clone(), uri.clone(), access_token.clone());
        replace(app, &name, &Registration { client_id, uri, access_token }).await?;
    }
    clients::create(app, name, definition).await
}

fn with(facts: &Value, name: &str, value: Value) -> Value {
    let mut json = facts.clone();
    json[name] = value;
    json
}

/// The registration that a client's present client ID came from, if this program made it and may end it.
pub async fn of(app: &App, client: &Client) -> Result<Option<Registration>, Error> {
    let found = app.store.get::<Registration>(client.name.as_str()).await?.map(|found| found.value);
    Ok(found.filter(|registration| registration.client_id == client.definition.client_id))
}

/// Ends it at the server (RFC 7592 §2.3).
pub async fn end(app: &App, registration: Registration) -> Result<(), Error> {
    at_server(app, &registration.into()).await
}

impl From<Registration> for Management {
    fn from(Registration { uri, access_token, .. }: Registration) -> Self {
        Management { uri, access_token }
    }
}

async fn at_server(app: &App, management: &Management) -> Result<(), Error> {
    let host = management.uri.host_str().unwrap_or_default();
    let left = |why: String| Error::RegistrationLeft { host: host.to_owned(), why };
    let sent = app.network.send(management::end(management)).await;
    match sent.map_err(|error| left(error.to_string()))?.status {
        // What is gone already is ended, too.
        200..=299 | 404 => Ok(()),
        status => Err(left(format!("it answered {status}"))),
    }
}

async fn replace(app: &App, name: &ClientName, registration: &Registration) -> Result<(), Error> {
    loop {
        let version = app.store.get::<Registration>(name.as_str()).await?.map_or(0, |found| found.version);
        if let Put::Stored(_) = app.store.put_if_version(name.as_str(), registration, version).await? {
            return Ok(());
        }
    }
}

/// Follows a client to its new name.
pub(super) async fn moved(app: &App, name: &ClientName, new_name: &ClientName) -> Result<(), Error> {
    if let Some(found) = app.store.get::<Registration>(name.as_str()).await?
        && name != new_name
    {
        replace(app, new_name, &found.value).await?;
        forget(app, name).await?;
    }
    Ok(())
}

pub(super) async fn forget(app: &App, name: &ClientName) -> Result<(), Error> {
    app.store.delete(Kind::Registration, name.as_str()).await?;
    Ok(())
}
