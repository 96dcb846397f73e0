//! The form as a template sees it: plain texts, and nothing left to decide.

use super::errors::{Part, Place};
use super::{ClientForm, FieldErrors, Row, StoredSecret};
use crate::oauth::definition::fields::{Field, Group, Kind, Labelled, NAME, fields};
use crate::web::pages::words::sentence;
use serde::Serialize;
use std::iter;

/// The whole form.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FormView {
    pub base_version: String,
    /// JSON that the form carries along unseen; blank when there is none.
    pub extra: String,
    pub usual: Vec<FieldView>,
    pub groups: Vec<GroupView>,
    pub problems: Vec<Problem>,
    /// Whether a secret was typed that has to be typed again, because it is not sent back.
    pub retype_secret: bool,
}

/// One folded chapter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupView {
    pub slug: &'static str,
    pub title: &'static str,
    pub summary: &'static str,
    pub open: bool,
    /// How many fields differ from their default.
    pub set: usize,
    pub fields: Vec<FieldView>,
}

/// One line of the summary above the form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// The id of the input it is about; blank when it is about none.
    pub anchor: String,
    /// The field's label, or the path that no field has.
    pub label: String,
    pub message: String,
}

/// One field with what is typed in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FieldView {
    pub id: String,
    pub path: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// Which part of the template draws it: `text`, `lines`, `secret`, `choice`, `flag` or `rows`.
    pub control: &'static str,
    pub mode: &'static str,
    pub value: String,
    /// What a blank input means.
    pub placeholder: &'static str,
    pub unit: &'static str,
    pub options: Vec<OptionView>,
    pub rows: Vec<RowView>,
    /// The parts of a row beside its name: `value` or `pattern`.
    pub part: &'static str,
    pub can_drop: bool,
    pub multiline: bool,
    pub stored_secret: String,
    pub remove_secret: bool,
    pub errors: Vec<String>,
    pub focus: bool,
    pub focus_add: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OptionView {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RowView {
    pub index: usize,
    pub name: String,
    pub value: String,
    pub dropped: bool,
    /// Whether the value needs more than one line.
    pub lines: bool,
    pub name_error: String,
    pub value_error: String,
    pub focus: bool,
}

impl ClientForm {
    /// The form with each error beside its field, and all of them in a summary.
    pub fn view(&self, errors: &FieldErrors) -> FormView {
        let placed: Vec<(Option<Place>, &str, String)> =
            errors.0.iter().map(|(path, message)| (self.place(path), path.as_str(), sentence(message))).collect();
        let view_of = |field| self.field_view(field, &placed);
        let usual = fields().filter(|field| field.group == Group::Usual);
        FormView {
            base_version: self.base_version.clone(),
            extra: if self.extra.is_empty() {
                String::new()
            } else {
                serde_json::Value::from(self.extra.clone()).to_string()
            },
            usual: iter::once(&NAME).chain(usual).map(view_of).collect(),
            groups: Group::ALL.into_iter().skip(1).map(|group| self.group_view(group, &placed)).collect(),
            problems: placed.iter().map(problem).collect(),
            retype_secret: self.secret.is_some(),
        }
    }

    fn group_view(&self, group: Group, errors: &[(Option<Place>, &str, String)]) -> GroupView {
        let members = || fields().filter(|field| field.group == group);
        let set = members().filter(|field| self.is_set(field)).count();
        let fields: Vec<FieldView> = members().map(|field| self.field_view(field, errors)).collect();
        let wrong = errors.iter().any(|(place, ..)| place.is_some_and(|place| place.field.group == group));
        let touched = fields.iter().any(|field| field.focus_add || !field.rows.is_empty());
        let (slug, title, summary) = (group.slug(), group.title(), group.summary());
        GroupView { slug, title, summary, open: set > 0 || wrong || touched, set, fields }
    }

    fn field_view(&self, field: &'static Field, errors: &[(Option<Place>, &str, String)]) -> FieldView {
        let mine = || {
            errors.iter().filter_map(|(place, _, message)| {
                place.filter(|place| place.field.path == field.path).map(|place| (place.row, message))
            })
        };
        let id = format!("f-{}", field.path);
        let typed = self.text(field.path);
        let value = if field.kind == Kind::Flag && typed.is_empty() { field.default } else { typed };
        let control = control(field.kind, value);
        FieldView {
            control,
            mode: if matches!(field.kind, Kind::Url) {
                "url"
            } else if matches!(field.kind, Kind::Number { .. }) {
                "numeric"
            } else {
                "text"
            },
            value: value.to_owned(),
            placeholder: if control == "text" { field.default } else { "" },
            unit: if let Kind::Number { unit } = field.kind { unit } else { "" },
            options: options(field, value),
            rows: self
                .rows(field.path)
                .iter()
                .enumerate()
                .map(|(index, row)| self.row_view(field, index, row, &mut mine()))
                .collect(),
            part: if field.kind == Kind::Captures { "pattern" } else { "value" },
            can_drop: field.kind == Kind::Overlay,
            multiline: field.kind == Kind::Paths,
            stored_secret: if field.kind == Kind::Secret { self.stored_secret.sentence() } else { String::new() },
            remove_secret: self.remove_secret && self.stored_secret != StoredSecret::Missing,
            errors: mine().filter(|(row, _)| row.is_none()).map(|(_, message)| message.clone()).collect(),
            focus: self.focus.as_ref() == Some(&id),
            focus_add: self.focus.as_ref() == Some(&format!("{id}.add")),
            id,
            path: field.path,
            label: field.label,
            help: field.help,
        }
    }

    fn row_view(
        &self,
        field: &Field,
        index: usize,
        row: &Row,
        errors: &mut dyn Iterator<Item = (Option<(usize, Part)>, &String)>,
    ) -> RowView {
        let mut view = RowView {
            index,
            name: row.name.clone(),
            value: row.value.clone(),
            dropped: row.dropped,
            lines: field.kind == Kind::Paths || row.value.contains('\n'),
            focus: self.focus.as_ref() == Some(&format!("f-{}.{index}.name", field.path)),
            ..RowView::default()
        };
        for (place, message) in errors {
            match place {
                Some((at, Part::Name)) if at == index => view.name_error.clone_from(message),
                Some((at, Part::Value)) if at == index => view.value_error.clone_from(message),
                _ => {}
            }
        }
        view
    }
}

fn problem((place, path, message): &(Option<Place>, &str, String)) -> Problem {
    match place {
        Some(place) => {
            Problem { anchor: place.anchor(), label: place.field.label.to_owned(), message: message.clone() }
        }
        None => Problem { anchor: String::new(), label: (*path).to_owned(), message: message.clone() },
    }
}

/// A line break survives only in a field of several lines.
fn control(kind: Kind, value: &str) -> &'static str {
    match kind {
        Kind::Secret => "secret",
        Kind::Choice(_) | Kind::ListChoice(_) => "choice",
        Kind::Flag => "flag",
        Kind::Overlay | Kind::Map | Kind::Paths | Kind::Captures => "rows",
        Kind::Note => "lines",
        _ if value.contains('\n') => "lines",
        _ => "text",
    }
}

/// The choices, and the present value when it is none of them: a form may not change what it cannot say.
fn options(field: &Field, value: &str) -> Vec<OptionView> {
    let (known, chosen): (&[Labelled], &str) = match field.kind {
        Kind::Suggest(known) => (known, ""),
        Kind::Choice(known) | Kind::ListChoice(known) => (known, if value.is_empty() { field.default } else { value }),
        _ => return Vec::new(),
    };
    let option = |value: &str, label: &str| OptionView {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: value == chosen,
    };
    let mut options: Vec<OptionView> = known.iter().map(|(value, label)| option(value, label)).collect();
    if !chosen.is_empty() && !options.iter().any(|option| option.selected) {
        options.push(option(chosen, chosen));
    }
    options
}
