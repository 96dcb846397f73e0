//! `client import` and `client export`.

mod difference;
mod source;

use crate::app::App;
use crate::cli::{error::Failure, output};
use crate::flows::adoption::{self, Adopted};
use crate::flows::clients;
use crate::oauth::definition::Definition;
use crate::oauth::name::ClientName;
use crate::registry::Client;
use crate::registry::import::{Import, Imported};
use serde_json::{Map, Value, json};

pub use difference::Difference;
pub use source::Source;

/// What an import makes of a client.
enum Plan {
    Add,
    Change(Box<Client>),
    Nothing,
}

/// Creates or replaces every client of the file. Running it again changes nothing, so a container can do so at each
/// start.
pub async fn import(app: &App, source: &Source) -> Result<(), Failure> {
    let Import { clients, left } = source.read(app.settings.redirect_url.as_str())?;
    for mut imported in clients {
        let plan = plan(app, &imported.name, &mut imported.definition).await?;
        if source.dry_run {
            show(&plan, &imported)?;
        } else {
            carry_out(app, plan, imported).await?;
        }
    }
    left.iter().for_each(|why| output::note(why));
    Ok(())
}

async fn plan(app: &App, name: &ClientName, definition: &mut Definition) -> Result<Plan, Failure> {
    let Some(old) = app.registry.get(name).await? else { return Ok(Plan::Add) };
    app.registry.settle_secrets(&old, definition);
    Ok(if *old.definition == *definition { Plan::Nothing } else { Plan::Change(Box::new(old)) })
}

fn show(plan: &Plan, imported: &Imported) -> Result<(), Failure> {
    let (old, word) = match plan {
        Plan::Add => (None, "would be added"),
        Plan::Change(old) => (Some(&*old.definition), "would be changed"),
        Plan::Nothing => (Some(&imported.definition), "unchanged"),
    };
    output::line(&format!("{}: {word}", imported.name))?;
    output::stdout(&Difference::between(old, &imported.definition).to_string())?;
    if imported.tokens.is_some() {
        output::line("  + its tokens, unless there are tokens already")?;
    }
    say(&imported.notes);
    Ok(())
}

async fn carry_out(app: &App, plan: Plan, imported: Imported) -> Result<(), Failure> {
    let Imported { name, definition, notes, tokens } = imported;
    let word = match plan {
        Plan::Add => clients::create(app, name.clone(), definition).await.map(|_| "added")?,
        Plan::Change(old) => {
            clients::update(app, &name, name.clone(), definition, Some(&old.version())).await.map(|_| "changed")?
        }
        Plan::Nothing => "unchanged",
    };
    output::note(&format!("{name}: {word}"));
    let client = app.client(&name).await?;
    // Such as a secret that another machine sealed.
    if let Err(error) = app.registry.secret(&client) {
        output::note(&format!("  {error}"));
    }
    say(&notes);
    if let Some(tokens) = tokens
        && adoption::adopt(app, &client, tokens).await? == Adopted::Taken
    {
        output::note("  Its tokens came along: nobody has to authorize it again.");
    }
    Ok(())
}

pub fn say(notes: &[String]) {
    notes.iter().for_each(|note| output::note(&format!("  {note}")));
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
