//! The form of a client: what a person typed, on its way from and to the JSON of a definition.
//!
//! Nothing typed is lost on that way, whatever else is wrong, except a secret: it never goes back into a page. There is
//! no code per field here; the table in [`crate::oauth::definition::fields`] says all there is to know.

mod asked;
mod errors;
mod from_json;
mod from_pairs;
mod to_json;
mod view;

pub use errors::FieldErrors;
pub use from_pairs::Intent;
pub use view::{FieldView, FormView, GroupView, OptionView, Problem, RowView};

use crate::oauth::definition::fields::{Field, fields};
use crate::oauth::definition::{Definition, SecretSource};
use crate::oauth::secret::Secret;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Everything in the form of one client.
#[derive(Clone, Debug, Default)]
pub struct ClientForm {
    base_version: String,
    /// As typed, by path. What is absent or blank means the field's default.
    texts: BTreeMap<&'static str, String>,
    rows: BTreeMap<&'static str, Vec<Row>>,
    secrets: BTreeMap<&'static str, SecretInput>,
    /// What the definition holds beyond the table of fields: carried along unseen.
    extra: Map<String, Value>,
    /// The id of the input to go on with.
    focus: Option<String>,
}

/// The input of one secret.
#[derive(Clone, Debug, Default)]
struct SecretInput {
    typed: Option<Secret>,
    remove: bool,
    stored: StoredSecret,
}

/// One row of a field that has rows. `value` is the pattern of a value to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    name: String,
    value: String,
    dropped: bool,
}

/// What is known of a secret that the definition already has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoredSecret {
    #[default]
    Missing,
    Sealed,
    /// Read from an environment variable of this name.
    Env(String),
    /// Read from a file at this path.
    File(String),
}

/// What the form wants done with a stored secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretChange {
    Keep,
    Remove,
    /// The new one is in [`ClientForm::definition_json`].
    Replace,
}

impl ClientForm {
    /// An empty form.
    pub fn blank() -> Self {
        Self::default()
    }

    /// The same form with a name in it.
    pub fn named(mut self, name: &str) -> Self {
        self.texts.insert("name", name.to_owned());
        self
    }

    /// The same form, made from this version of the definition: a save can then tell that it changed meanwhile.
    pub fn based_on(mut self, version: &str) -> Self {
        self.base_version = version.to_owned();
        self
    }

    /// The same form, told what secrets are stored. After a submission only the caller knows.
    pub fn with_stored_secrets(mut self, definition: &Definition) -> Self {
        for field in fields().filter(|field| field.is_secret()) {
            self.secrets.entry(field.path).or_default().stored = StoredSecret::of_source(definition.secret(field.path));
        }
        self
    }

    pub fn name(&self) -> &str {
        self.text("name").trim()
    }

    /// As given to [`ClientForm::based_on`]; blank for a new client.
    pub fn base_version(&self) -> &str {
        &self.base_version
    }

    /// For the secret whose field has this path.
    pub fn secret_change(&self, path: &str) -> SecretChange {
        match self.secrets.get(path) {
            Some(SecretInput { typed: Some(_), .. }) => SecretChange::Replace,
            Some(SecretInput { remove: true, .. }) => SecretChange::Remove,
            _ => SecretChange::Keep,
        }
    }

    /// The id of the preset that the definition was made from.
    pub fn preset(&self) -> Option<&str> {
        Some(self.text("preset").trim()).filter(|id| !id.is_empty())
    }

    /// As typed; `None` for this program's own.
    pub fn redirect_uri(&self) -> Option<&str> {
        Some(self.text("redirect_uri").trim()).filter(|uri| !matches!(*uri, "" | "auto"))
    }

    /// The values of variables that have a name.
    pub fn vars(&self) -> BTreeMap<String, String> {
        self.rows("vars").iter().map(|row| (row.name.trim().to_owned(), row.value.trim().to_owned())).collect()
    }

    fn text(&self, path: &str) -> &str {
        self.texts.get(path).map_or("", String::as_str)
    }

    fn rows(&self, path: &str) -> &[Row] {
        self.rows.get(path).map_or(&[], Vec::as_slice)
    }

    /// Whether the field says anything but its default.
    fn is_set(&self, field: &Field) -> bool {
        match field.kind {
            _ if field.is_secret() => {
                self.secrets.get(field.path).is_some_and(|secret| secret.stored != StoredSecret::Missing)
            }
            _ if field.has_rows() => !self.rows(field.path).is_empty(),
            _ => !matches!(self.text(field.path), "") && self.text(field.path) != field.default,
        }
    }
}

impl StoredSecret {
    fn of_source(source: Option<&SecretSource>) -> Self {
        match source {
            None => Self::Missing,
            Some(SecretSource::Env(name)) => Self::Env(name.clone()),
            Some(SecretSource::File(path)) => Self::File(path.display().to_string()),
            Some(SecretSource::Plain(_) | SecretSource::Sealed(_)) => Self::Sealed,
        }
    }

    /// Of a secret's value in a definition's JSON.
    pub fn of(value: Option<&Value>) -> Self {
        let named = |key: &str| value.and_then(|value| value.get(key)).and_then(Value::as_str).map(str::to_owned);
        match (value, named("env"), named("file")) {
            (None | Some(Value::Null), ..) => Self::Missing,
            (_, Some(name), _) => Self::Env(name),
            (_, _, Some(path)) => Self::File(path),
            _ => Self::Sealed,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Missing => String::new(),
            Self::Sealed => "A secret is set. Leave this blank to keep it.".to_owned(),
            Self::Env(name) => format!("Read from the environment variable {name}. Leave this blank to keep it so."),
            Self::File(path) => format!("Read from the file {path}. Leave this blank to keep it so."),
        }
    }
}

impl Row {
    fn is_blank(&self) -> bool {
        self.name.trim().is_empty() && self.value.is_empty() && !self.dropped
    }
}

#[cfg(test)]
mod tests;
