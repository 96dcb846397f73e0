//! A definition's JSON becomes what would have been typed.

use super::{ClientForm, Row, SecretInput, StoredSecret};
use crate::oauth::definition::fields::{Field, Kind, fields};
use serde_json::{Map, Value};

impl ClientForm {
    /// The form of an existing definition, or of one that a preset or discovery filled in. Of a secret only whether
    /// there is one is taken over.
    pub fn from_json(definition: &Value) -> Self {
        let mut rest = definition.clone();
        drop_nulls(&mut rest);
        spell_out(&mut rest, "token");
        spell_out(&mut rest, "refresh");
        spell_out(&mut rest, "upgrade");
        let mut form = Self::default();
        for field in fields() {
            let pointer = format!("/{}", field.path.replace('.', "/"));
            if field.is_secret() {
                let stored = StoredSecret::of(rest.pointer(&pointer));
                form.secrets.insert(field.path, SecretInput { stored, ..SecretInput::default() });
                take(&mut rest, field.path);
            } else if rest.pointer(&pointer).is_some_and(|value| form.read(field, value)) {
                take(&mut rest, field.path);
            }
        }
        form.extra = beyond_the_table(rest);
        form
    }

    /// Whether the form can say it.
    fn read(&mut self, field: &Field, value: &Value) -> bool {
        if field.has_rows() {
            return rows_of(field, value).map(|rows| self.rows.insert(field.path, rows)).is_some();
        }
        let Some(text) = text_of(field.kind, value) else { return false };
        if text != field.default {
            self.texts.insert(field.path, text);
        }
        true
    }
}

/// `null` means "absent", but in `params` and `claims`, where it drops one.
fn drop_nulls(value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    object.retain(|_, value| !value.is_null());
    object
        .iter_mut()
        .filter(|(name, _)| !matches!(name.as_str(), "params" | "claims"))
        .for_each(|(_, value)| drop_nulls(value));
}

/// `"auth": "basic"` is short for `"auth": {"method": "basic"}`.
fn spell_out(definition: &mut Value, part: &str) {
    if let Some(auth @ Value::String(_)) = definition.get_mut(part).and_then(|part| part.get_mut("auth")) {
        let method = auth.take();
        *auth = Value::Object(Map::from_iter([("method".to_owned(), method)]));
    }
}

/// Removes the value at a dotted path, and the objects around it that held nothing else.
fn take(value: &mut Value, path: &str) {
    let Some(object) = value.as_object_mut() else { return };
    let Some((head, tail)) = path.split_once('.') else {
        object.remove(path);
        return;
    };
    if let Some(child) = object.get_mut(head) {
        take(child, tail);
        if child.as_object().is_some_and(Map::is_empty) {
            object.remove(head);
        }
    }
}

fn beyond_the_table(rest: Value) -> Map<String, Value> {
    let Value::Object(mut rest) = rest else { return Map::new() };
    rest.retain(|_, value| !value.as_object().is_some_and(Map::is_empty));
    rest
}

fn text_of(kind: Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Words | Kind::ListChoice(_), Value::Array(items)) => {
            let words: Option<Vec<&str>> =
                items.iter().map(|item| item.as_str().filter(|word| !word.contains(char::is_whitespace))).collect();
            words.map(|words| words.join(" "))
        }
        (Kind::Words | Kind::ListChoice(_), _) => None,
        (Kind::Scalar, Value::String(text)) => Some(unmistakable(text)),
        (Kind::Scalar, other) => Some(other.to_string()),
        (_, Value::String(text)) => Some(text.clone()),
        (_, Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// A text that would be read as something else is put in quotes.
fn unmistakable(text: &str) -> String {
    let mistaken = text.trim().is_empty() || text.trim() != text || serde_json::from_str::<Value>(text).is_ok();
    if mistaken { Value::from(text).to_string() } else { text.to_owned() }
}

fn rows_of(field: &Field, value: &Value) -> Option<Vec<Row>> {
    match (field.kind, value) {
        // Here an empty object is not the same as none: it says that no header of the token request is sent.
        (Kind::Map, Value::Object(map)) if map.is_empty() && field.path == "refresh.headers" => None,
        (Kind::Captures, Value::Array(items)) => items.iter().map(capture).collect(),
        (kind, Value::Object(map)) => map.iter().map(|(name, value)| row(kind, name, value)).collect(),
        _ => None,
    }
}

fn row(kind: Kind, name: &str, value: &Value) -> Option<Row> {
    let value = match (kind, value) {
        (Kind::Overlay, Value::Null) => return Some(Row { name: name.to_owned(), dropped: true, ..Row::default() }),
        (Kind::Overlay, Value::Number(_) | Value::Bool(_)) => value.to_string(),
        (Kind::Paths, Value::Array(paths)) => {
            let lines: Option<Vec<&str>> =
                paths.iter().map(|path| path.as_str().filter(|path| !path.contains('\n'))).collect();
            lines?.join("\n")
        }
        (_, Value::String(text)) => text.clone(),
        _ => return None,
    };
    Some(Row { name: name.to_owned(), value, dropped: false })
}

fn capture(item: &Value) -> Option<Row> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let complete = item.as_object().is_some_and(|object| object.len() == 2);
    complete.then_some(Row { name: text("name")?, value: text("pattern")?, dropped: false })
}
