//! What stands in double braces in another tool's file, and the environments that give it values.

use super::{Environment, TextFile, bruno, settings};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A variable may hold variables, but not without end.
const DEEPEST: usize = 8;

#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Of an object, whose objects are reached by a dotted name.
    pub fn of_object(json: &Value) -> Self {
        let mut variables = Self::default();
        variables.flatten("", json);
        variables
    }

    /// Of rows with a name and a value, as the tools list them.
    pub fn of_rows(json: &Value) -> Self {
        Self(settings::rows(json).into_iter().map(|row| (row.name, row.value)).collect())
    }

    /// `NAME=VALUE` lines.
    fn of_lines(text: &str) -> Self {
        let lines = text.lines().map(|line| line.trim().trim_start_matches("export "));
        let pairs = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
        Self(pairs.map(|(name, value)| (name.trim().to_owned(), unquoted(value.trim()).to_owned())).collect())
    }

    fn flatten(&mut self, above: &str, json: &Value) {
        for (name, value) in json.as_object().into_iter().flatten() {
            let name = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            match settings::as_text(value) {
                Some(text) => drop(self.0.insert(name, text)),
                None => self.flatten(&name, value),
            }
        }
    }

    #[must_use]
    pub fn with(mut self, over: Variables) -> Self {
        self.0.extend(over.0);
        self
    }

    /// The variables as settings: an environment may name the parts of a client itself.
    pub fn into_pairs(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter()
    }

    /// Fills in `{{name}}`, `{{ _.name }}` and `{{ _['name'] }}`. What has no value stays, and is named in `missing`.
    pub fn fill(&self, text: &str, missing: &mut BTreeSet<String>) -> String {
        self.fill_in(text, missing, 0)
    }

    fn fill_in(&self, text: &str, missing: &mut BTreeSet<String>, depth: usize) -> String {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, name, after)) = placeholder(rest) {
            filled.push_str(before);
            match self.0.get(name).filter(|_| depth < DEEPEST) {
                Some(value) => filled.push_str(&self.fill_in(value, missing, depth + 1)),
                None => {
                    missing.insert(name.to_owned());
                    filled.push_str(&rest[before.len()..rest.len() - after.len()]);
                }
            }
            rest = after;
        }
        filled + rest
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// The next variable: the text before it, its name, and the text behind it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (inside, after) = rest.split_once("}}")?;
    let name = inside.trim();
    let name = name.strip_prefix("_.").or_else(|| name.strip_prefix("_[")?.strip_suffix(']')).unwrap_or(name);
    Some((before, name.trim_matches(['\'', '"']), after))
}

/// The variable that a text is, as a whole.
pub fn only_variable(text: &str) -> Option<&str> {
    match placeholder(text.trim()) {
        Some(("", name, "")) => Some(name),
        _ => None,
    }
}

/// What the environment that was asked for gives; unasked, that of the only one there is.
pub fn chosen(wanted: &Environment, mut known: Vec<(String, Variables)>) -> Result<Variables, String> {
    match wanted {
        Environment::File(file) => Ok(of_file(file)),
        Environment::Named(name) => match known.iter().position(|(known, _)| known == name) {
            Some(at) => Ok(known.swap_remove(at).1),
            None if known.is_empty() => Err(format!("--environment {name}: there is no such file")),
            None => {
                let names: Vec<_> = known.iter().map(|(name, _)| name.as_str()).collect();
                Err(format!("--environment {name}: there is no such file, and here are only {}", names.join(", ")))
            }
        },
        Environment::Unsaid if known.len() == 1 => Ok(known.remove(0).1),
        Environment::Unsaid => Ok(Variables::default()),
    }
}

/// A file that is an environment: of Postman, Bruno or Insomnia, an object of names and values, or `NAME=VALUE` lines.
fn of_file(file: &TextFile) -> Variables {
    let text = file.text.as_str();
    let json: Option<Value> = serde_json::from_str(text).ok();
    let json = json.or_else(|| serde_yaml_ng::from_str(text).ok()).filter(Value::is_object);
    match json {
        Some(json) if json["values"].is_array() => Variables::of_rows(&json["values"]),
        Some(json) if json["variables"].is_array() => Variables::of_rows(&json["variables"]),
        Some(json) if json["environments"].is_object() => Variables::of_object(&json["environments"]["data"]),
        Some(json) if !text.contains("vars {") => Variables::of_object(&json),
        _ if text.contains("vars {") => bruno::variables(text),
        _ => Variables::of_lines(text),
    }
}

fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}
