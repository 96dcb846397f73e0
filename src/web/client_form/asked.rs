//! The variables that a preset asks for: ordinary fields above the others, which land in `vars`.

use super::view::{FieldView, Placed};
use super::{ClientForm, Row};
use crate::presets::Variable;
use std::borrow::Cow;

impl ClientForm {
    pub(super) fn asked_views(&self, asked: &[Variable], errors: &[Placed]) -> Vec<FieldView> {
        asked.iter().map(|variable| self.asked_view(variable, errors)).collect()
    }

    fn asked_view(&self, variable: &Variable, errors: &[Placed]) -> FieldView {
        let named = format!("vars.{}", variable.name);
        let typed = self.rows("vars").iter().find(|row| row.name.trim() == variable.name);
        FieldView {
            id: format!("f-{named}"),
            errors: errors.iter().filter(|e| e.path == named).map(|e| e.message.clone()).collect(),
            label: Cow::Owned(variable.label.clone()),
            help: Cow::Owned(help(variable)),
            placeholder: Cow::Owned(variable.default.clone().unwrap_or_default()),
            value: typed.map(|row| row.value.clone()).unwrap_or_default(),
            control: "text",
            mode: "text",
            path: Cow::Owned(named),
            ..FieldView::default()
        }
    }
}

fn help(variable: &Variable) -> String {
    match (variable.required, &variable.default) {
        (_, Some(default)) => format!("Such as `{}`. Blank is `{default}`.", variable.example),
        (true, None) => format!("Such as `{}`.", variable.example),
        (false, None) => format!("Such as `{}`. It may stay blank.", variable.example),
    }
}

/// Whether the row has an input of its own above.
pub(super) fn is_asked(asked: &[Variable], row: &Row) -> bool {
    asked.iter().any(|variable| variable.name == row.name.trim())
}

/// The variable that an error is about, if it is asked for.
pub(super) fn asked_at<'a>(asked: &'a [Variable], path: &str) -> Option<&'a Variable> {
    let name = path.strip_prefix("vars.")?;
    asked.iter().find(|variable| variable.name == name)
}
