//! A definition that was made from a preset, together with the values the preset asks for.

use super::{Preset, Presets, Variable};
use crate::oauth::definition::{Definition, FieldError, Invalid};
use serde_json::{Value, json};

impl Presets {
    /// Reads and validates a definition as [`Definition::from_json`] does, and sees to it that its preset, if it names
    /// a known one, has the values it asks for. A blank value means the default.
    pub fn read(&self, mut json: Value) -> Result<Definition, Invalid> {
        let preset = json.get("preset").and_then(Value::as_str).and_then(|id| self.get(id));
        let mut errors = preset.map(|preset| preset.fill_in(&mut json)).unwrap_or_default();
        let definition = match Definition::from_json(json) {
            Ok(definition) if errors.is_empty() => return Ok(definition),
            Ok(_) => Vec::new(),
            Err(Invalid(more)) => more,
        };
        errors.extend(definition);
        Err(Invalid(errors))
    }
}

impl Preset {
    /// Where a value is wrong the example takes its place, so that the rest can be judged.
    fn fill_in(&self, json: &mut Value) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if json.get("vars").is_some_and(|vars| !vars.is_object() && !vars.is_null()) {
            return errors; // The definition's own complaint.
        }
        for variable in &self.vars {
            let typed = json["vars"][&variable.name].as_str().unwrap_or_default().trim();
            let value = match (typed, &variable.default) {
                ("", Some(default)) => default.clone(),
                ("", None) if !variable.required => String::new(),
                (typed, _) if !typed.is_empty() && variable.takes(typed) => typed.to_owned(),
                (typed, _) => {
                    errors.push(variable.complaint(typed));
                    variable.example.clone()
                }
            };
            json["vars"][&variable.name] = json!(value);
        }
        errors
    }
}

impl Variable {
    fn complaint(&self, typed: &str) -> FieldError {
        let what = if typed.is_empty() { "is missing" } else { "does not look like this" };
        let message = format!("{} {what}; write it, such as `{}`", self.quoted(), self.example);
        FieldError { path: format!("vars.{}", self.name), message }
    }

    /// A label may hold an explanation; a sentence wants it apart.
    fn quoted(&self) -> String {
        format!("“{}”", self.label)
    }
}
