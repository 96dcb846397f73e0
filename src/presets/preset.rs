//! One preset, as its file has it.

use super::advice::{Hint, RedirectRule, whole};
use crate::oauth::definition::Definition;
use crate::oauth::template::{self, Values};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is known about one authorization server. docs/presets.md describes the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// The name of its file without `.json`.
    pub id: String,
    pub name: String,
    /// Groups clients in the list; the name when it is absent.
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    pub category: String,
    /// What one gets there, in one line.
    #[serde(default)]
    pub about: String,
    /// What somebody must know before anything else; told first.
    #[serde(default)]
    pub notice: String,
    /// Where an app is registered. May hold `{variables}`.
    #[serde(default)]
    pub register_url: String,
    /// Where on that page.
    #[serde(default)]
    pub register_at: String,
    /// Which redirect URIs the server allows.
    #[serde(default)]
    pub redirect_uris: String,
    /// What to ask for to get a refresh token.
    #[serde(default)]
    pub refresh_token: String,
    /// How long tokens live.
    #[serde(default)]
    pub lifetime: String,
    #[serde(default)]
    pub vars: Vec<Variable>,
    /// What nobody verified: paths of the definition, keys of this file, or sentences.
    #[serde(default)]
    pub check: Vec<String>,
    #[serde(default)]
    pub(super) redirect_rules: Vec<RedirectRule>,
    #[serde(default)]
    pub hints: Vec<Hint>,
    definition: Map<String, Value>,
}

/// A value that differs from one user to the next, such as a tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub name: String,
    pub label: String,
    /// What the whole value must match; anything when it is blank.
    #[serde(default)]
    pub pattern: String,
    #[serde(default)]
    pub default: Option<String>,
    pub example: String,
    #[serde(default)]
    pub required: bool,
}

/// A file that holds no preset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}; docs/presets.md tells how to write one", path.display())]
pub struct BadPreset {
    path: PathBuf,
    message: String,
}

impl BadPreset {
    pub(super) fn new(path: &Path, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into() }
    }
}

impl Preset {
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, BadPreset> {
        let preset: Preset = serde_json::from_slice(bytes).map_err(|error| BadPreset::new(path, error.to_string()))?;
        if path.file_stem().is_none_or(|stem| stem != preset.id.as_str()) {
            return Err(BadPreset::new(path, format!("the id is `{0}`, so the file must be {0}.json", preset.id)));
        }
        Ok(preset)
    }

    /// The same preset, once it is sure that whatever it says can be used.
    pub(super) fn sound(self, path: &Path) -> Result<Self, BadPreset> {
        match self.fault() {
            Some(message) => Err(BadPreset::new(path, message)),
            None => Ok(self),
        }
    }

    fn fault(&self) -> Option<String> {
        if self.name.trim().is_empty() {
            return Some("name: write the server's name".to_owned());
        }
        let reserved = ["client_id", "client_secret", "vars", "preset"];
        if let Some(key) = reserved.iter().find(|key| self.definition.contains_key(**key)) {
            return Some(format!("definition.{key}: this is not the preset's to say"));
        }
        let patterns = self.vars.iter().map(|variable| &variable.pattern);
        let patterns = patterns.chain(self.redirect_rules.iter().map(|rule| &rule.refuses));
        if let Some(pattern) = patterns.into_iter().find(|pattern| regex_lite::Regex::new(pattern).is_err()) {
            return Some(format!("`{pattern}` is not a pattern"));
        }
        if let Some(hint) = self.hints.iter().find(|hint| hint.is_about_everything()) {
            return Some(format!("hints: say which `error` or which text (`contains`) it is for: {}", hint.advice));
        }
        let unfit = |variable: &&Variable| !variable.examples().all(|value| variable.takes(value));
        if let Some(variable) = self.vars.iter().find(unfit) {
            return Some(format!("vars.{}: example and default must match the pattern", variable.name));
        }
        if self.register_url.is_empty() {
            return self.fault_in_definition();
        }
        match self.register_link(&self.samples()) {
            Some(_) => self.fault_in_definition(),
            None => Some("register_url: write an http or https URL, with known {variables} only".to_owned()),
        }
    }

    /// With every variable, and again with those alone that must be there.
    fn fault_in_definition(&self) -> Option<String> {
        let all = self.samples();
        let least = self.vars.iter().map(|variable| match variable.required {
            true => (variable.name.clone(), all[&variable.name].clone()),
            false => (variable.name.clone(), String::new()),
        });
        let least: BTreeMap<String, String> = least.collect();
        [all, least].into_iter().find_map(|vars| {
            let mut json = self.definition();
            json["client_id"] = json!("sample");
            json["vars"] = json!(vars);
            Definition::from_json(json).err().map(|invalid| format!("definition: {invalid}"))
        })
    }

    fn samples(&self) -> BTreeMap<String, String> {
        self.vars.iter().map(|variable| (variable.name.clone(), variable.example.clone())).collect()
    }

    /// A definition to start from: it lacks the client ID, and the variables without a default.
    pub fn definition(&self) -> Value {
        let vars = self.vars.iter().filter_map(|variable| Some((variable.name.clone(), variable.default.clone()?)));
        let vars: BTreeMap<String, String> = vars.collect();
        let mut json = json!({ "service": self.service.as_ref().unwrap_or(&self.name), "preset": self.id });
        if !vars.is_empty() {
            json["vars"] = json!(vars);
        }
        for (key, value) in &self.definition {
            json[key] = value.clone();
        }
        json
    }

    /// The page where an app is registered, as far as the variables are known.
    pub fn register_link(&self, vars: &BTreeMap<String, String>) -> Option<String> {
        let values = vars.iter().fold(Values::default(), |values, (name, value)| values.with(name, value));
        // A page may have a route behind `#`, which no request has.
        let (address, route) = self.register_url.split_once('#').unwrap_or((&self.register_url, ""));
        let url = template::render_url(address, &values).ok()?;
        Some(if route.is_empty() { url.to_string() } else { format!("{url}#{route}") })
    }

    /// Why the server will not take this redirect URI, and what to do about it.
    pub fn redirect_advice(&self, uri: &str) -> Option<&str> {
        self.redirect_rules.iter().find(|rule| rule.refuses(uri)).map(|rule| rule.advice.as_str())
    }

    pub(super) fn matches(&self, query: &str) -> bool {
        let text = format!("{} {} {} {}", self.id, self.name, self.category, self.about).to_lowercase();
        query.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}

impl Variable {
    pub fn takes(&self, value: &str) -> bool {
        self.pattern.is_empty() || whole(&self.pattern, value)
    }

    fn examples(&self) -> impl Iterator<Item = &str> {
        self.default.as_deref().into_iter().chain([self.example.as_str()])
    }
}
