//! The same verbs against another installation.

use super::change::{self, Change, Sources};
use super::register::Register;
use super::transfer::{self, Difference, Source};
use super::{Verb, confirmed, edit, presets, rows};
use crate::cli::{error::Failure, output};
use crate::flows::installation::Installation;
use crate::flows::status::Status;
use crate::oauth::definition::{Definition, SecretSource};
use crate::oauth::name::ClientName;
use crate::presets::Presets;
use crate::registry::import::{Import, Imported};
use crate::remote::{Call, Condition, Remote, Stored};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::io::{self, IsTerminal};

/// A client as the server lists it.
#[derive(Deserialize)]
struct Named {
    name: ClientName,
    definition: Value,
    /// The file on the server that it can be changed in alone.
    #[serde(default)]
    declared_in: Option<String>,
}

pub async fn run(installation: &Installation, remote: &Remote, verb: Verb) -> Result<(), Failure> {
    let known = Presets::new(None);
    let sources = Sources { presets: &known, installation };
    match verb {
        Verb::List { json } => list(remote, json).await,
        Verb::Show { name, json } => show_one(remote, &name, json).await,
        Verb::Add { name, register, change } => add(remote, &sources, &name, &register, &change).await,
        Verb::Edit { name, rename, change } => change_one(remote, &sources, &name, rename, &change).await,
        Verb::Delete { name, revoke, unregister, yes } => delete(remote, &name, revoke, unregister, yes).await,
        Verb::Import(source) => import(remote, &source).await,
        Verb::Export { names } => export(remote, &names).await,
        Verb::Presets { query, json } => presets::list(&known, &query.join(" "), json),
        // Done already.
        Verb::Key { .. } | Verb::Discover { .. } | Verb::Registration { .. } => Ok(()),
    }
}

async fn list(remote: &Remote, as_json: bool) -> Result<(), Failure> {
    let clients: Vec<Named> = remote.get(Call::to(&["clients"])).await?;
    let status: Vec<Status> = remote.get(Call::to(&["status"])).await?;
    let described = clients.into_iter().map(|Named { name, definition, declared_in }| {
        let own = status.iter().filter(|line| line.client == name && line.is_there());
        let accounts: Vec<_> = own.map(|line| line.account.clone()).collect();
        let text = |field: &str, default: &str| definition[field].as_str().unwrap_or(default).to_owned();
        json!({"name": name, "service": text("service", ""), "grant": text("grant", "authorization_code"),
               "accounts": accounts, "declared_in": declared_in})
    });
    rows(&described.collect::<Vec<_>>(), as_json)
}

async fn show_one(remote: &Remote, name: &ClientName, as_json: bool) -> Result<(), Failure> {
    let definition: Value = remote.get(Call::to(&["clients", name.as_str()])).await?;
    output::json(&definition)?;
    if !as_json {
        output::note(&format!("Its page: {}", remote.page(&["clients", name.as_str()])));
    }
    Ok(())
}

async fn add(
    remote: &Remote,
    sources: &Sources<'_>,
    name: &ClientName,
    register: &Register,
    change: &Change,
) -> Result<(), Failure> {
    let mut json = json!({});
    change.apply(sources, &mut json).await?;
    if register.is_wanted() {
        return register.run(sources.installation, name, json).await;
    }
    match remote.put(Call::to(&["clients", name.as_str()]), &json, Condition::Absent).await {
        Err(error) if error.code() == Some("precondition_failed") => Err(Failure::Usage(error.to_string())),
        result => {
            result?;
            let page = remote.page(&["clients", name.as_str()]);
            output::note(&format!("Added. Its redirect URI, and the button Authorize: {page}"));
            Ok(())
        }
    }
}

async fn change_one(
    remote: &Remote,
    sources: &Sources<'_>,
    name: &ClientName,
    rename: Option<ClientName>,
    change: &Change,
) -> Result<(), Failure> {
    let path = ["clients", name.as_str()];
    let (mut json, version): (Value, _) = remote.get_version(Call::to(&path)).await?;
    if !change.is_empty() {
        change.apply(sources, &mut json).await?;
    } else if rename.is_none() {
        json = edit::in_editor(&std::env::temp_dir(), name, &json)?;
    }
    let call = rename.iter().fold(Call::to(&path), |call, new_name| call.with("rename", new_name));
    remote.put(call, &json, version.map_or(Condition::None, Condition::Version)).await?;
    output::note(&format!("{} is changed; its tokens stay", rename.as_ref().unwrap_or(name)));
    Ok(())
}

async fn delete(remote: &Remote, name: &ClientName, revoke: bool, unregister: bool, yes: bool) -> Result<(), Failure> {
    let status: Vec<Status> = remote.get(Call::to(&["status"])).await?;
    let grants: Vec<_> = status.iter().filter(|line| line.client == *name && line.is_there()).collect();
    if !yes && io::stdin().is_terminal() && !confirmed(name, grants.len())? {
        return Err(Failure::Usage("nothing was deleted".to_owned()));
    }
    for grant in grants.iter().filter(|_| revoke) {
        let path = ["clients", name.as_str(), "revoke"];
        if let Err(error) = remote.tell(Call::to(&path).with("account", &grant.account)).await {
            output::note(&format!("{name}@{} could not be revoked at the server: {error}", grant.account));
        }
    }
    let path = ["clients", name.as_str()];
    let call = Call::to(&path);
    remote.delete(if unregister { call.with("unregister", true) } else { call }).await?;
    output::note(&format!("{name} is deleted, with the tokens of {} account(s)", grants.len()));
    Ok(())
}

async fn import(remote: &Remote, source: &Source) -> Result<(), Failure> {
    let redirect_uri = remote.page(&["auth_callback"]);
    let Import { clients, left } = source.read(redirect_uri.as_str())?;
    let known: Vec<Named> = if source.dry_run { remote.get(Call::to(&["clients"])).await? } else { Vec::new() };
    for Imported { name, definition, mut notes, tokens } in clients {
        if source.dry_run {
            show(known.iter().find(|client| client.name == name), &name, definition)?;
        } else {
            let path = ["clients", name.as_str()];
            let word = match remote.put(Call::to(&path), &sent(definition)?, Condition::None).await? {
                Stored::Created => "added",
                Stored::Replaced => "in place",
            };
            output::note(&format!("{name}: {word}"));
        }
        notes.extend(tokens.map(|_| "Its tokens stay here: authorize it there.".to_owned()));
        transfer::say(&notes);
    }
    left.iter().for_each(|why| output::note(why));
    Ok(())
}

/// What would be different. The server never tells a secret, so whether it is another one is not known.
fn show(old: Option<&Named>, name: &ClientName, mut definition: Definition) -> Result<(), Failure> {
    let secrets = definition.secrets_mut().into_iter().filter(|(_, source)| source.is_some());
    let secrets: String = secrets.map(|(path, _)| format!("  + {path}: (sent)\n")).collect();
    let new = definition.without_secrets().to_json().map_err(io::Error::from)?;
    let difference = Difference::between_json(old.map(|client| &client.definition), &new);
    let word = match old {
        None => "would be added",
        Some(_) if difference.is_empty() && secrets.is_empty() => "unchanged",
        Some(_) => "would be changed",
    };
    output::line(&format!("{name}: {word}"))?;
    output::stdout(&format!("{difference}{secrets}"))
}

/// A definition with its secrets, which only the way to the server may see.
fn sent(mut definition: Definition) -> Result<Value, Failure> {
    let mut json = definition.without_secrets().to_json().map_err(io::Error::from)?;
    for (path, source) in definition.secrets_mut() {
        let value = match source {
            None => continue,
            Some(SecretSource::Plain(secret)) => json!(secret.expose()),
            Some(named) => serde_json::to_value(named).map_err(io::Error::from)?,
        };
        change::set_secret(&mut json, path, value)?;
    }
    Ok(json)
}

async fn export(remote: &Remote, names: &[ClientName]) -> Result<(), Failure> {
    let clients: Vec<Named> = remote.get(Call::to(&["clients"])).await?;
    if let Some(unknown) = names.iter().find(|name| !clients.iter().any(|client| client.name == **name)) {
        return Err(crate::flows::Error::UnknownClient(unknown.clone()).into());
    }
    let chosen = clients.into_iter().filter(|client| names.is_empty() || names.contains(&client.name));
    let chosen: Map<String, Value> = chosen.map(|client| (client.name.to_string(), client.definition)).collect();
    output::json(&json!({"version": 1, "clients": chosen}))?;
    output::note("Without secrets: those never leave the server.");
    Ok(())
}
