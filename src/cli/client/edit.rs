//! `client edit`: by options, or in the person's editor.

use super::change::{self, Change, Sources};
use crate::app::App;
use crate::cli::{error::Failure, output};
use crate::files;
use crate::flows::clients;
use crate::oauth::name::ClientName;
use crate::registry::keep_secrets;
use serde_json::Value;
use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::Command;

pub async fn run(
    app: &App,
    sources: &Sources<'_>,
    name: &ClientName,
    rename: Option<ClientName>,
    change: &Change,
) -> Result<(), Failure> {
    let client = app.client(name).await?;
    // Before an editor is opened for nothing.
    app.registry.writable(name)?;
    let mut json = client.definition.without_secrets().to_json().map_err(io::Error::from)?;
    if !change.is_empty() {
        change.apply(sources, &mut json).await?;
    } else if rename.is_none() {
        json = in_editor(&app.settings.data_dir, &client.name, &json)?;
    }
    let mut definition = change::definition(app, json)?;
    keep_secrets(&client.definition, &mut definition);
    let new_name = rename.unwrap_or_else(|| name.clone());
    let changed = clients::update(app, name, new_name, definition, Some(&client.version())).await?;
    output::note(&format!("{} is changed; its tokens stay", changed.name));
    Ok(())
}

/// `folder` is where the text lies meanwhile; whoever types nonsense finds it there.
pub fn in_editor(folder: &Path, name: &ClientName, json: &Value) -> Result<Value, Failure> {
    if !io::stdin().is_terminal() {
        let said = "say what to change, such as --scope or --set; without a terminal there is no editor to open";
        return Err(Failure::Usage(said.to_owned()));
    }
    let path = folder.join(format!("edit-{name}.json"));
    let text = serde_json::to_string_pretty(json).map_err(io::Error::from)?;
    files::write_private(&path, text.as_bytes()).map_err(|error| Failure::Serve(error.to_string()))?;
    let edited = edit(&path).and_then(|()| std::fs::read_to_string(&path).map_err(Failure::from))?;
    let parsed = serde_json::from_str(&edited).map_err(|error| {
        Failure::Usage(format!("{} is not JSON: {error}; nothing was changed, your text is kept there", path.display()))
    })?;
    std::fs::remove_file(&path)?;
    Ok(parsed)
}

fn edit(path: &Path) -> Result<(), Failure> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| env::var(name).ok().filter(|text| !text.is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program).args(words).arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::Usage(format!("{program} ended with an error; nothing was changed"))),
        Err(error) => Err(Failure::Usage(format!("{program} cannot be started: {error}; set EDITOR"))),
    }
}
