//! Takes typed values out of the merged sources, and notes what is wrong with them.

use super::{Problem, Surroundings, names, secret_file};
use crate::oauth::secret::Secret;
use figment::{
    Figment, Metadata, Source,
    value::{Dict, Value},
};
use std::path::{Path, PathBuf};

pub(super) struct Reader<'a> {
    figment: Figment,
    /// Figment merges all its sources anew at each question, so it is asked once.
    merged: Value,
    pub surroundings: &'a Surroundings,
    pub problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub fn new(figment: Figment, surroundings: &'a Surroundings, problems: Vec<Problem>) -> Self {
        let merged = figment.find_value("").unwrap_or_else(|_| Value::from(Dict::new()));
        Self { figment, merged, surroundings, problems }
    }

    pub fn value(&self, key: &str) -> Option<&Value> {
        self.merged.find_ref(key)
    }

    #[cfg(feature = "program")]
    pub fn profile(&self) -> &figment::Profile {
        self.figment.profile()
    }

    fn metadata(&self, key: &str) -> Option<&Metadata> {
        self.figment.get_metadata(self.value(key)?.tag())
    }

    /// What the operator calls this setting: where it is written, or else the variable to write it in.
    pub fn name(&self, key: &str) -> String {
        match self.metadata(key) {
            Some(metadata) if metadata.source.as_ref().and_then(Source::file_path).is_some() => {
                format!("{key} in {}", metadata.name)
            }
            Some(metadata) => metadata.name.to_string(),
            None => names::variable(key),
        }
    }

    pub fn complain(&mut self, key: &str, message: impl Into<String>) {
        let problem = Problem::new(self.name(key), message);
        self.problems.push(problem);
    }

    pub fn is_set(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// The value as text. Nothing, or the empty text, is a mistake more often than a wish.
    pub fn text(&mut self, key: &str) -> Option<String> {
        match as_text(self.value(key)?) {
            Some(text) if text.trim().is_empty() => self.complain(key, "is empty; give it a value, or leave it out"),
            Some(text) => return Some(text),
            None => self.complain(key, "expected a single value, as text in double quotes"),
        }
        None
    }

    pub fn parsed<T>(&mut self, key: &str, expected: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(key)?;
        let parsed = parse(text.trim());
        if parsed.is_none() {
            self.complain(key, format!("expected {expected}"));
        }
        parsed
    }

    pub fn flag(&mut self, key: &str) -> Option<bool> {
        self.parsed(key, "true or false", |text| match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        })
    }

    /// Words from an array, or from one text with commas or white space between them. May be empty.
    pub fn words(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let texts: Option<Vec<String>> = match value.as_array() {
            Some(values) => values.iter().map(as_text).collect(),
            None => as_text(value).map(|text| vec![text]),
        };
        if texts.is_none() {
            self.complain(key, "expected a list of texts");
        }
        let separator = |c: char| c == ',' || c.is_whitespace();
        let texts = texts.unwrap_or_default();
        texts.iter().flat_map(|text| text.split(separator)).filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }

    /// An absolute path: `~` is the home, and what is relative starts at the folder of `Rocket.toml` if it is written
    /// there, at the working directory if not.
    pub fn path(&mut self, key: &str) -> Option<PathBuf> {
        let text = self.text(key)?;
        if text != "~" && !text.starts_with("~/") {
            return Some(self.base(key).join(text));
        }
        let home = self.surroundings.variable("HOME").map(PathBuf::from);
        if home.is_none() {
            self.complain(key, "starts with ~, but HOME is not set; write the whole path");
        }
        home.map(|home| home.join(text.trim_start_matches(['~', '/'])))
    }

    fn base(&self, key: &str) -> PathBuf {
        let file = self.metadata(key).and_then(|metadata| metadata.source.as_ref()?.file_path());
        file.and_then(Path::parent).unwrap_or(&self.surroundings.folder).to_owned()
    }

    /// The secret `key`, or the content of the file that its twin `key_file` names.
    pub fn secret(&mut self, key: &str) -> Option<Secret> {
        let twin = format!("{key}_file");
        match (self.is_set(key), self.is_set(&twin)) {
            (true, true) => {
                let other = self.name(&twin);
                self.complain(key, format!("is set together with {other}; leave one of them"));
                None
            }
            (true, false) => self.secret_text(key),
            (false, true) => {
                let path = self.path(&twin)?;
                secret_file::read(&path).map_err(|message| self.complain(&twin, message)).ok()
            }
            (false, false) => None,
        }
    }

    /// In TOML, a number is no longer the text that was typed.
    fn secret_text(&mut self, key: &str) -> Option<Secret> {
        match self.value(key)? {
            Value::String(_, _) | Value::Char(_, _) => self.text(key).map(Secret::new),
            _ => {
                self.complain(key, "expected text in double quotes");
                None
            }
        }
    }

    /// The name of whichever of `key` and its file is set.
    pub fn secret_name(&self, key: &str) -> String {
        let twin = format!("{key}_file");
        self.name(if self.is_set(&twin) { &twin } else { key })
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, c) => Some(c.to_string()),
        Value::Bool(_, bool) => Some(bool.to_string()),
        Value::Num(_, number) => {
            let whole = number.to_i128().map(|n| n.to_string()).or_else(|| number.to_u128().map(|n| n.to_string()));
            whole.or_else(|| number.to_f64().map(|n| n.to_string()))
        }
        Value::Empty(..) | Value::Dict(..) | Value::Array(..) => None,
    }
}
