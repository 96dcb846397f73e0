//! Differences from the RFC's parameters, and places in an answer.

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::fmt;

/// What a server's request adds to, replaces in, or drops from the RFC's parameters; in the order it was written.
/// JSON: an object of name → template, where `null` drops the parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlay(pub Vec<(String, Option<String>)>);

impl Overlay {
    pub fn get(&self, name: &str) -> Option<&Option<String>> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Lays `self` over `base`: replaced parameters keep their place, new ones follow.
    pub fn over(&self, base: Vec<(String, String)>) -> Vec<(String, String)> {
        let mut result: Vec<(String, String)> = base
            .into_iter()
            .filter_map(|(name, value)| match self.get(&name) {
                None => Some((name, value)),
                Some(replaced) => replaced.clone().map(|value| (name, value)),
            })
            .collect();
        for (name, value) in &self.0 {
            if let Some(value) = value
                && !result.iter().any(|(known, _)| known == name)
            {
                result.push((name.clone(), value.clone()));
            }
        }
        result
    }
}

impl Serialize for Overlay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Overlay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = Overlay;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of parameter names and texts (null drops a parameter)")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Overlay, A::Error> {
                let mut rows = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let value = match value {
                        Value::Null => None,
                        Value::String(text) => Some(text),
                        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
                        _ => return Err(A::Error::custom(format!("parameter `{name}` must be a text or null"))),
                    };
                    rows.push((name, value));
                }
                Ok(Overlay(rows))
            }
        }
        deserializer.deserialize_map(Rows)
    }
}

/// One or several places in an answer; the first that holds a value counts. A place is dotted (`a.b.0`) or a JSON
/// Pointer (RFC 6901). JSON: a text or an array of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Paths(pub Vec<String>);

impl Paths {
    pub fn find<'v>(&self, json: &'v Value) -> Option<&'v Value> {
        self.0.iter().find_map(|path| look_up(json, path))
    }
}

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a path or an array of paths")]
        enum OneOrMany {
            One(String),
            Many(Vec<String>),
        }
        Ok(match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(path) => Paths(vec![path]),
            OneOrMany::Many(paths) => Paths(paths),
        })
    }
}

/// The value at a dotted path or JSON Pointer; the empty path is the whole value. `null` counts as absent.
pub fn look_up<'v>(json: &'v Value, path: &str) -> Option<&'v Value> {
    let found = if path.is_empty() || path.starts_with('/') {
        json.pointer(path)
    } else if let Some(value) = json.get(path) {
        Some(value) // A key that itself holds a dot.
    } else {
        path.split('.').try_fold(json, |value, step| match value {
            Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => value.get(step),
        })
    };
    found.filter(|value| !value.is_null())
}
