//! The schema of a definition, made from the table of its fields.

use crate::oauth::definition::fields::{Field, Kind, Labelled, fields};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A client definition in the description of the API.
#[derive(Debug)]
pub struct DefinitionSchema;

impl ToSchema for DefinitionSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Definition")
    }
}

impl PartialSchema for DefinitionSchema {
    fn schema() -> RefOr<Schema> {
        serde_json::from_value(definition()).map_or_else(|_| RefOr::T(Schema::default()), RefOr::T)
    }
}

fn definition() -> Value {
    let mut root = object();
    for field in fields() {
        put(&mut root, field.path, schema(field));
    }
    // `"basic"` is short for `{"method": "basic"}`.
    for parent in ["token", "refresh"] {
        if let Some(auth) = root.pointer_mut(&format!("/properties/{parent}/properties/auth")) {
            let object = auth.take();
            let short = object.pointer("/properties/method").cloned().unwrap_or_default();
            *auth = json!({"oneOf": [short, object]});
        }
    }
    root
}

fn object() -> Value {
    json!({"type": "object", "properties": {}, "additionalProperties": false})
}

/// Puts a schema at a dotted path, making the objects on the way.
fn put(parent: &mut Value, path: &str, schema: Value) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let child = &mut parent["properties"][first];
    match rest {
        None => *child = schema,
        Some(rest) => {
            if child.is_null() {
                *child = object();
            }
            put(child, rest, schema);
        }
    }
}

fn schema(field: &Field) -> Value {
    let mut schema = shape(field.kind);
    schema.insert("title".to_owned(), json!(field.label));
    schema.insert("description".to_owned(), json!(field.help));
    if let Some(default) = default(field) {
        schema.insert("default".to_owned(), default);
    }
    Value::Object(schema)
}

fn shape(kind: Kind) -> Map<String, Value> {
    let text = || json!({"type": "string"});
    let shape = match kind {
        Kind::Text | Kind::Url | Kind::Suggest(_) | Kind::Note => text(),
        Kind::Secret | Kind::SecretLines => json!({"type": "string", "format": "password", "writeOnly": true}),
        Kind::Choice(options) => json!({"type": "string", "enum": values(options)}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Number { .. } => json!({"type": "integer", "minimum": 0}),
        Kind::Scalar => json!({"type": ["string", "number", "boolean"]}),
        Kind::Words | Kind::ListChoice(_) => json!({"type": "array", "items": text()}),
        Kind::Overlay => json!({"type": "object", "additionalProperties": {"type": ["string", "null"]}}),
        Kind::Map => json!({"type": "object", "additionalProperties": text()}),
        Kind::Paths => json!({"type": "object", "additionalProperties":
            {"oneOf": [text(), {"type": "array", "items": text()}]}}),
        Kind::Captures => json!({"type": "array", "items": {"type": "object", "additionalProperties": false,
            "properties": {"name": text(), "pattern": text()}, "required": ["name"]}}),
    };
    match shape {
        Value::Object(shape) => shape,
        _ => Map::new(),
    }
}

fn values(options: &[Labelled]) -> Vec<&str> {
    options.iter().map(|(value, _)| *value).filter(|value| !value.is_empty()).collect()
}

fn default(field: &Field) -> Option<Value> {
    let text = Some(field.default).filter(|text| !text.is_empty())?;
    Some(match field.kind {
        Kind::Flag | Kind::Number { .. } => serde_json::from_str(text).ok()?,
        Kind::ListChoice(_) | Kind::Words => json!(text.split(' ').collect::<Vec<_>>()),
        _ => json!(text),
    })
}
