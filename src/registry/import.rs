//! Definitions from elsewhere: an export, a hand-written definition, the Python helper's file, and what other tools keep of
//! a client. Pure: text in, clients out, and what could not be carried over.

mod bruno;
mod foreign;
mod insomnia;
mod names;
mod postman;
pub mod python;
mod rclone;
mod settings;
mod variables;

use super::document::Document;
use super::json;
use crate::oauth::definition::Definition;
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use foreign::Foreign;
use serde_json::{Map, Value, json};
use std::fmt;
use variables::Variables;

/// One client as it would be created.
#[derive(Clone, Debug)]
pub struct Imported {
    pub name: ClientName,
    pub definition: Definition,
    /// What is different from where it came from, a sentence each; the definition's own notes hold them too.
    pub notes: Vec<String>,
    /// What a person agreed to already.
    pub tokens: Option<CarriedTokens>,
}

/// Tokens that another program got for the same client ID.
#[derive(Clone, Debug)]
pub struct CarriedTokens {
    pub access_token: Secret,
    pub refresh_token: Option<Secret>,
    pub expires_at: Option<Timestamp>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Import {
    pub clients: Vec<Imported>,
    /// What made no client, and why, a sentence each.
    pub left: Vec<String>,
}

/// Why nothing was imported: names the client and the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotImportable(String);

/// A file, by its name and its text.
#[derive(Clone, Default)]
pub struct TextFile {
    pub name: String,
    pub text: String,
}

impl fmt::Debug for TextFile {
    /// Its text may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What fills the variables of a file, beside those in it.
#[derive(Clone, Debug, Default)]
pub enum Environment {
    #[default]
    Unsaid,
    /// One of those in the file or folder.
    Named(String),
    File(TextFile),
}

/// What was found in the file of another tool.
struct Export {
    tool: &'static str,
    found: Vec<Foreign>,
    variables: Variables,
    environments: Vec<(String, Variables)>,
}

const KNOWN: &str = "it can be this program's own export or definition, the Python helper's file, a Postman collection or environment, \
     a Bruno collection (its folder, a .bru file or an export), an Insomnia export (JSON or YAML) or rclone.conf";

/// Reads `{"version": 1, "clients": {…}}`, an object of names and definitions, one definition (its name beside it as
/// `name`, or made from its service), the Python helper's file, or what another tool exports. Of our own and the Python
/// helper's all clients or none; of the others those that can be carried over. Several files are one Bruno collection.
pub fn read(files: &[TextFile], environment: &Environment, default_redirect: &str) -> Result<Import, NotImportable> {
    if let Some(export) = export(files)? {
        return convert(export, environment, default_redirect);
    }
    let text = files.first().map_or("", |file| file.text.as_str());
    if !text.trim_start().starts_with(['{', '[']) && !text.trim().is_empty() {
        return Err(NotImportable(format!("this is nothing that can be imported; {KNOWN}")));
    }
    let json = json::parse(text).map_err(|error| NotImportable(error.to_string()))?;
    let clients = ours(json, default_redirect)?;
    Ok(Import { clients, left: Vec::new() })
}

fn export(files: &[TextFile]) -> Result<Option<Export>, NotImportable> {
    let [file] = files else { return Ok(Some(bruno::folder(files))) };
    if let Some(problem) = rclone::locked(&file.text) {
        return Err(NotImportable(problem.to_owned()));
    }
    let json: Option<Value> = serde_json::from_str(&file.text).ok();
    Ok(match &json {
        Some(json) => postman::read(json).or_else(|| bruno::export(json)).or_else(|| insomnia::read(json)),
        None => bruno::file(file).or_else(|| insomnia::yaml(&file.text)).or_else(|| rclone::read(&file.text)),
    })
}

fn convert(export: Export, environment: &Environment, default_redirect: &str) -> Result<Import, NotImportable> {
    let Export { tool, found, variables, environments } = export;
    if found.is_empty() {
        return Err(NotImportable(format!("there are no OAuth 2.0 settings in this file of {tool}")));
    }
    let variables = variables.with(variables::chosen(environment, environments).map_err(NotImportable)?);
    let import = foreign::convert(found, tool, &variables, default_redirect);
    match import.clients.is_empty() {
        true => Err(NotImportable(import.left.join("; "))),
        false => Ok(import),
    }
}

fn ours(json: Value, default_redirect: &str) -> Result<Vec<Imported>, NotImportable> {
    let Value::Object(mut root) = json else {
        return Err(NotImportable(format!("this is not a JSON object of clients; {KNOWN}")));
    };
    if python::recognises(&root) {
        return python::convert(&root, default_redirect).map_err(|error| NotImportable(error.to_string()));
    }
    if root.get("client_id").is_some_and(Value::is_string) {
        root = single(root);
    } else if !root.contains_key("clients") && !root.contains_key("version") {
        root = clients(root);
    }
    let document = Document::from_json(Value::Object(root), default_redirect);
    let clients = document.map_err(|wrong| NotImportable(wrong.message))?.into_clients();
    Ok(clients.map(|(name, definition)| Imported { name, definition, notes: Vec::new(), tokens: None }).collect())
}

fn single(mut definition: Map<String, Value>) -> Map<String, Value> {
    let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let name = text(definition.shift_remove("name")).unwrap_or_else(|| {
        let service = text(definition.get("service").cloned()).unwrap_or_default();
        ClientName::slug(&service).map_or("client-1".to_owned(), |name| name.to_string())
    });
    clients(Map::from_iter([(name, Value::Object(definition))]))
}

fn clients(clients: Map<String, Value>) -> Map<String, Value> {
    Map::from_iter([("clients".to_owned(), json!(clients))])
}

#[cfg(test)]
mod tests;
