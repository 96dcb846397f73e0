//! The settings of a client as the tools keep them. They mean the same by names that differ in little but their spelling.

use serde_json::Value;
use std::collections::BTreeMap;

/// By the name in small letters without `_`, `-` and spaces, so that `client_id` is `clientId`.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<String, Setting>);

#[derive(Clone)]
pub struct Setting {
    /// As the tool writes it.
    pub name: String,
    pub value: String,
}

/// A parameter that a tool adds to a request.
#[derive(Clone)]
pub struct Row {
    pub name: String,
    pub value: String,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Query,
    Body,
    Header,
}

impl Settings {
    /// Single values of an object; the others are not for us.
    pub fn of_object(json: &Value) -> Self {
        let pairs = json.as_object().into_iter().flatten();
        pairs.filter_map(|(name, value)| Some((name.clone(), as_text(value)?))).collect()
    }

    /// The value of the first of these names that has one, which is then no longer there.
    pub fn take(&mut self, names: &[&str]) -> String {
        let found: Vec<_> = names.iter().filter_map(|name| self.0.remove(*name)).collect();
        found.into_iter().map(|setting| setting.value).find(|value| !value.is_empty()).unwrap_or_default()
    }

    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let pairs = self.0.into_values().map(|setting| (setting.name, setting.value));
        pairs.chain([(name.to_owned(), value.to_owned())]).collect()
    }

    /// None but these.
    #[must_use]
    pub fn only(mut self, names: &[&str]) -> Self {
        self.0.retain(|key, _| names.contains(&key.as_str()));
        self
    }

    /// Writes one of them anew.
    pub fn rewrite(&mut self, name: &str, anew: impl FnOnce(&str) -> String) {
        if let Some(setting) = self.0.get_mut(name) {
            setting.value = anew(&setting.value);
        }
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Setting> {
        self.0.values_mut()
    }

    pub fn retain(&mut self, keep: impl Fn(&Setting) -> bool) {
        self.0.retain(|_, setting| keep(setting));
    }

    /// The names of what nobody took, but for what is nobody's loss.
    pub fn left(&self, trifles: &[&str]) -> impl Iterator<Item = &str> {
        let there = self.0.iter().filter(move |(key, setting)| {
            !setting.value.is_empty() && setting.value != "false" && !trifles.contains(&key.as_str())
        });
        there.map(|(_, setting)| setting.name.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|setting| !setting.value.is_empty())
    }
}

impl FromIterator<(String, String)> for Settings {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        let normal = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let entry = |(name, value): (String, String)| (normal(&name), Setting { value: value.trim().to_owned(), name });
        Self(pairs.into_iter().map(entry).collect())
    }
}

/// Rows of `key` or `name` and `value` that are not switched off.
pub fn rows(json: &Value) -> Vec<Row> {
    let text = |row: &Value, names: [&str; 2]| names.iter().find_map(|name| as_text(&row[*name]));
    let read = |row: &Value| {
        let is_off = row["enabled"] == Value::Bool(false) || row["disabled"] == Value::Bool(true);
        let place = match text(row, ["send_as", "sendIn"]).as_deref() {
            Some("request_header" | "headers") => Place::Header,
            Some("request_url" | "queryparams") => Place::Query,
            _ => Place::Body,
        };
        let name = text(row, ["key", "name"]).filter(|name| !name.is_empty() && !is_off)?;
        Some(Row { name, value: text(row, ["value", "value"])?, place })
    };
    json.as_array().into_iter().flatten().filter_map(read).collect()
}

/// A single value as text.
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
