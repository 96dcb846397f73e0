//! What is different between two definitions, field by field, without any secret.

use crate::oauth::definition::{CLIENT_SECRET, Definition, PRIVATE_KEY, SecretSource};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

#[derive(Debug)]
pub struct Difference(Vec<Line>);

#[derive(Debug)]
enum Line {
    Added(String, String),
    Removed(String, String),
    Changed(String, String, String),
}

impl Difference {
    pub fn between(old: Option<&Definition>, new: &Definition) -> Self {
        let fields = |definition: &Definition| {
            let mut fields = of_json(&definition.without_secrets().to_json().unwrap_or_default());
            fields.extend(secrets(definition));
            fields
        };
        let (before, after) = (old.map(fields).unwrap_or_default(), fields(new));
        let mut difference = Self::of(&before, &after);
        difference.name_new_secrets(old, new);
        difference
    }

    /// Of definitions as JSON, which never holds a secret.
    pub fn between_json(old: Option<&Value>, new: &Value) -> Self {
        Self::of(&old.map(of_json).unwrap_or_default(), &of_json(new))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Self {
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let line = |path: &String| match (before.get(path).cloned(), after.get(path).cloned()) {
            (None, Some(new)) => Some(Line::Added(path.clone(), new)),
            (Some(old), None) => Some(Line::Removed(path.clone(), old)),
            (Some(old), Some(new)) if old != new => Some(Line::Changed(path.clone(), old, new)),
            _ => None,
        };
        Self(paths.into_iter().filter_map(line).collect())
    }

    /// Two secrets look the same here.
    fn name_new_secrets(&mut self, old: Option<&Definition>, new: &Definition) {
        for field in [CLIENT_SECRET, PRIVATE_KEY] {
            let (Some(before), Some(after)) = (old.and_then(|old| old.secret(field)), new.secret(field)) else {
                continue;
            };
            if before != after && shown(before) == shown(after) {
                self.0.push(Line::Changed(field.to_owned(), shown(before), "(another secret)".to_owned()));
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| match line {
            Line::Added(path, new) => writeln!(f, "  + {path}: {new}"),
            Line::Removed(path, old) => writeln!(f, "  - {path}: {old}"),
            Line::Changed(path, old, new) => writeln!(f, "  ~ {path}: {old} → {new}"),
        })
    }
}

fn secrets(definition: &Definition) -> impl Iterator<Item = (String, String)> {
    let of = |field: &'static str| Some((field.to_owned(), shown(definition.secret(field)?)));
    [CLIENT_SECRET, PRIVATE_KEY].into_iter().filter_map(of).collect::<Vec<_>>().into_iter()
}

/// Where a secret is may be seen.
fn shown(secret: &SecretSource) -> String {
    match secret {
        SecretSource::Plain(_) | SecretSource::Sealed(_) => "(secret)".to_owned(),
        SecretSource::Env(name) => format!("(environment variable {name})"),
        SecretSource::File(path) => format!("(file {})", path.display()),
    }
}

/// Every single value by its dotted path; a list is one value.
fn of_json(json: &Value) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    flatten("", json, &mut fields);
    fields
}

fn flatten(path: &str, json: &Value, fields: &mut BTreeMap<String, String>) {
    match json {
        Value::Object(inner) => {
            for (name, value) in inner {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, fields);
            }
        }
        value => drop(fields.insert(path.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::secret::Secret;
    use serde_json::json;

    fn definition(json: Value, secret: SecretSource) -> Definition {
        Definition { client_secret: Some(secret), ..serde_json::from_value(json).unwrap() }
    }

    #[test]
    fn each_field_is_named_and_no_secret_is_shown() {
        let plain = |text: &str| SecretSource::Plain(Secret::new(text));
        let old = definition(json!({"client_id": "a", "scopes": ["x"], "notes": "n"}), plain("canary-1"));
        let new = definition(json!({"client_id": "a", "scopes": ["x", "y"], "token": {"url": "u"}}), plain("canary-2"));
        let said = Difference::between(Some(&old), &new).to_string();
        let expected = "  - notes: \"n\"\n  ~ scopes: [\"x\"] → [\"x\",\"y\"]\n  + token.url: \"u\"\n  \
                        ~ client_secret: (secret) → (another secret)\n";
        assert_eq!(said, expected);
        assert!(Difference::between(Some(&new), &new).is_empty());
        let moved = definition(json!({"client_id": "a"}), SecretSource::Env("X".to_owned()));
        let said = Difference::between(None, &moved).to_string();
        assert_eq!(said, "  + client_id: \"a\"\n  + client_secret: (environment variable X)\n");
    }
}
