//! Definitions from elsewhere: an export, a hand-written definition, the Python helper's file. Pure: JSON in, clients out.

pub mod python;

use super::document::Document;
use crate::oauth::definition::Definition;
use crate::oauth::name::ClientName;
use serde_json::{Map, Value, json};

/// One client as it would be created.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub name: ClientName,
    pub definition: Definition,
    /// What is different from where it came from, a sentence each; the definition's own notes hold them too.
    pub notes: Vec<String>,
}

/// Why nothing was imported: names the client and the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotImportable(String);

/// Reads `{"version": 1, "clients": {…}}`, an object of names and definitions, one definition (its name beside it as
/// `name`, or made from its service), or the Python helper's file. All clients or none.
pub fn read(json: Value, default_redirect: &str) -> Result<Vec<Imported>, NotImportable> {
    let Value::Object(mut root) = json else {
        return Err(NotImportable("this is not a JSON object of clients".to_owned()));
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
    Ok(clients.map(|(name, definition)| Imported { name, definition, notes: Vec::new() }).collect())
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
