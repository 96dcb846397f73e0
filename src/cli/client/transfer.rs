//! `client import` and `client export`.

use crate::app::App;
use crate::cli::{error::Failure, input, output};
use crate::flows::clients;
use crate::oauth::definition::Definition;
use crate::oauth::name::ClientName;
use crate::registry;
use crate::registry::import::{self, Imported};
use crate::registry::{Client, keep_secrets};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Creates or replaces every client of the file. Running it again changes nothing, so a container can do so at each
/// start.
pub async fn import(app: &App, file: &Path) -> Result<(), Failure> {
    for Imported { name, definition, notes } in read(file, app.settings.redirect_url.as_str())? {
        let word = put(app, &name, definition).await?;
        output::note(&format!("{name}: {word}"));
        // Such as a secret that another machine sealed.
        if let Err(error) = app.registry.secret(&app.client(&name).await?) {
            output::note(&format!("  {error}"));
        }
        notes.iter().for_each(|note| output::note(&format!("  {note}")));
    }
    Ok(())
}

/// The clients of a file; `-` is standard input.
pub fn read(file: &Path, redirect_url: &str) -> Result<Vec<Imported>, Failure> {
    let failed = |why: String| Failure::Usage(format!("{}: {why}", file.display()));
    let text = input::read(file).map_err(|error| failed(error.to_string()))?;
    let json = registry::json::parse(&text).map_err(|error| failed(error.to_string()))?;
    import::read(json, redirect_url).map_err(|error| failed(error.to_string()))
}

async fn put(app: &App, name: &ClientName, mut definition: Definition) -> Result<&'static str, Failure> {
    let Some(old) = app.registry.get(name).await? else {
        clients::create(app, name.clone(), definition).await?;
        return Ok("added");
    };
    if old.definition.client_id == definition.client_id {
        keep_secrets(&old.definition, &mut definition);
    }
    if old.definition == definition {
        return Ok("unchanged");
    }
    clients::update(app, name, name.clone(), definition, Some(&old.version)).await?;
    Ok("changed")
}

pub async fn export(app: &App, names: &[ClientName]) -> Result<(), Failure> {
    for name in names {
        app.client(name).await?;
    }
    let mut chosen = Map::new();
    for client in app.registry.list().await?.iter().filter(|c| names.is_empty() || names.contains(&c.name)) {
        chosen.insert(client.name.to_string(), exported(client)?);
    }
    output::json(&json!({"version": 1, "clients": chosen}))
}

/// A secret that a person just typed into the file is not sealed yet; the next change seals it.
fn exported(client: &Client) -> Result<Value, Failure> {
    client.definition.to_json().map_err(|_| {
        let said =
            format!("the secret of `{}` is still plain text in the file; save the client once to seal it", client.name);
        Failure::Usage(said)
    })
}
