//! `client import` and `client export`.

use crate::app::App;
use crate::cli::{error::Failure, output};
use crate::flows::clients;
use crate::oauth::name::ClientName;
use crate::registry::{import, keep_secrets};
use serde_json::{Map, Value, json};
use std::io::{self, Read};
use std::path::Path;

/// Creates or replaces every client of the file. Running it again changes nothing, so a container can do so at each
/// start.
pub async fn import(app: &App, file: &Path) -> Result<(), Failure> {
    let text = read(file)?;
    let json: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::Usage(format!("{} is not JSON: {error}", file.display())))?;
    let imported = import::read(&json, app.settings.redirect_url.as_str())
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    for (name, mut definition) in imported.clients {
        let word = match app.registry.get(&name).await? {
            None => {
                clients::create(app, name.clone(), definition).await?;
                "added"
            }
            Some(old) => {
                keep_secrets(&old.definition, &mut definition);
                if old.definition == definition {
                    "unchanged"
                } else {
                    clients::update(app, &name, name.clone(), definition, Some(&old.version)).await?;
                    "changed"
                }
            }
        };
        output::note(&format!("{name}: {word}"));
    }
    imported.notes.iter().for_each(|note| output::note(note));
    Ok(())
}

pub async fn export(app: &App, names: &[ClientName]) -> Result<(), Failure> {
    let mut chosen = Map::new();
    for name in names {
        app.client(name).await?;
    }
    for client in app.registry.list().await?.into_iter().filter(|c| names.is_empty() || names.contains(&c.name)) {
        let definition = app.registry.sealed(&client)?.to_json().map_err(io::Error::from)?;
        chosen.insert(client.name.to_string(), definition);
    }
    output::json(&json!({"version": 1, "clients": chosen}))
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let result = if file == Path::new("-") {
        io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    result.map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    Ok(text)
}
