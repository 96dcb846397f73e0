//! What was typed becomes a definition's JSON.

use super::{ClientForm, FieldErrors, Row};
use crate::oauth::definition::fields::{Field, Kind, fields};
use serde_json::{Map, Value};

type Problems = Vec<(String, String)>;

impl ClientForm {
    /// The definition without what equals its default. A secret is there only when a new one was typed; see
    /// [`ClientForm::secret_change`]. What the values mean is not checked here, only that they can be read.
    pub fn definition_json(&self) -> Result<Value, FieldErrors> {
        let mut json = Value::Object(self.extra.clone());
        let mut problems = Problems::new();
        for field in fields() {
            match self.value_of(field) {
                Ok(Some(value)) => put(&mut json, field.path, value),
                Ok(None) => {}
                Err(found) => problems.extend(found),
            }
        }
        abbreviate_auth(&mut json, "token");
        abbreviate_auth(&mut json, "refresh");
        abbreviate_auth(&mut json, "upgrade");
        if problems.is_empty() { Ok(json) } else { Err(FieldErrors(problems)) }
    }

    fn value_of(&self, field: &Field) -> Result<Option<Value>, Problems> {
        if field.is_secret() {
            let typed = self.secrets.get(field.path).and_then(|secret| secret.typed.as_ref());
            return Ok(typed.map(|secret| Value::from(secret.expose())));
        }
        if field.has_rows() {
            return rows_value(field, self.rows(field.path));
        }
        let typed = self.text(field.path);
        let text = if matches!(field.kind, Kind::Choice(_) | Kind::Note) { typed } else { typed.trim() };
        if text.is_empty() || text == field.default {
            return Ok(None);
        }
        match field.kind {
            Kind::Number { .. } => whole_number(field, text),
            Kind::Flag => Ok(Some(Value::from(text == "true"))),
            Kind::Scalar => Ok(Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))),
            Kind::Words | Kind::ListChoice(_) => Ok(Some(text.split_whitespace().collect())),
            _ => Ok(Some(Value::from(text))),
        }
    }
}

fn whole_number(field: &Field, text: &str) -> Result<Option<Value>, Problems> {
    let number: u32 = text
        .parse()
        .map_err(|_| vec![(field.path.to_owned(), "write a whole number, zero or more, such as 300".to_owned())])?;
    Ok((number.to_string() != field.default).then(|| Value::from(number)))
}

fn rows_value(field: &Field, rows: &[Row]) -> Result<Option<Value>, Problems> {
    let rows: Vec<(usize, &Row)> = rows.iter().enumerate().filter(|(_, row)| !row.is_blank()).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let problems = unnamed_or_twice(field, &rows);
    if !problems.is_empty() {
        return Err(problems);
    }
    let pairs = rows.into_iter().map(|(_, row)| (row.name.trim(), row));
    Ok(Some(match field.kind {
        Kind::Captures => pairs.map(|(name, row)| capture(name, &row.value)).collect(),
        kind => Value::Object(pairs.map(|(name, row)| (name.to_owned(), row_value(kind, row))).collect()),
    }))
}

fn unnamed_or_twice(field: &Field, rows: &[(usize, &Row)]) -> Problems {
    let mut problems = Problems::new();
    for (position, (index, row)) in rows.iter().enumerate() {
        let name = row.name.trim();
        let path = format!("{}.{index}.name", field.path);
        if name.is_empty() {
            problems.push((path, "write the name, or remove the row".to_owned()));
        } else if field.kind != Kind::Captures && rows[..position].iter().any(|(_, other)| other.name.trim() == name) {
            problems.push((path, format!("`{name}` is there twice; keep one of the two rows")));
        }
    }
    problems
}

fn row_value(kind: Kind, row: &Row) -> Value {
    match kind {
        Kind::Overlay if row.dropped => Value::Null,
        Kind::Paths => row.value.lines().map(str::trim).filter(|path| !path.is_empty()).collect(),
        _ => Value::from(row.value.as_str()),
    }
}

fn capture(name: &str, pattern: &str) -> Value {
    Value::Object(Map::from_iter([("name".to_owned(), name.into()), ("pattern".to_owned(), pattern.into())]))
}

/// Sets the value at a dotted path and makes the objects on the way.
fn put(json: &mut Value, path: &str, value: Value) {
    if !json.is_object() {
        *json = Value::Object(Map::new());
    }
    let Some(object) = json.as_object_mut() else { return };
    match path.split_once('.') {
        None => _ = object.insert(path.to_owned(), value),
        Some((head, tail)) => put(object.entry(head).or_insert(Value::Null), tail, value),
    }
}

/// `{"method": "basic"}` alone is written `"basic"`. Details without a method belong to the default, `auto`; a refresh
/// has none, so there they stay for the definition to complain about.
fn abbreviate_auth(json: &mut Value, part: &str) {
    let Some(auth) = json.get_mut(part).and_then(|part| part.get_mut("auth")) else { return };
    let Some(details) = auth.as_object_mut() else { return };
    if part == "token" && !details.contains_key("method") {
        details.insert("method".to_owned(), "auto".into());
    }
    if details.len() == 1
        && let Some(method) = details.remove("method")
    {
        *auth = method;
    }
}
