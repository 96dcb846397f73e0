//! The form as a template sees it: plain texts, and nothing left to decide.

use super::asked::{asked_at, is_asked};
use super::errors::{Part, Place};
use super::{ClientForm, FieldErrors, Row};
use crate::oauth::definition::fields::{Field, Group, Kind, Labelled, NAME, fields};
use crate::presets::Variable;
use crate::web::pages::words::sentence;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::iter;

/// The whole form.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FormView {
    pub base_version: String,
    /// JSON that the form carries along unseen; blank when there is none.
    pub extra: String,
    /// What the preset asks for.
    pub asked: Vec<FieldView>,
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
    pub path: Cow<'static, str>,
    pub label: Cow<'static, str>,
    pub help: Cow<'static, str>,
    /// Which part of the template draws it: `text`, `lines`, `secret`, `secret-lines`, `choice`, `flag` or `rows`.
    pub control: &'static str,
    pub mode: &'static str,
    pub value: String,
    /// What a blank input means.
    pub placeholder: Cow<'static, str>,
    pub unit: &'static str,
    pub options: Vec<OptionView>,
    pub rows: Vec<RowView>,
    /// The parts of a row beside its name: `value` or `pattern`.
    pub part: &'static str,
    pub can_drop: bool,
    pub multiline: bool,
    pub stored_secret: String,
    pub remove_secret: bool,
    /// Whether a secret was typed that has to be typed again, because it is not sent back.
    pub retype_secret: bool,
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

#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// An error that found its place.
pub(super) struct Placed<'e> {
    place: Option<Place>,
    pub path: &'e str,
    pub message: String,
}

impl ClientForm {
    /// The form with each error beside its field, and all of them in a summary.
    pub fn view(&self, errors: &FieldErrors) -> FormView {
        self.view_asking(&[], errors)
    }

    /// The same with an input for each variable that the preset asks for.
    pub fn view_asking(&self, asked: &[Variable], errors: &FieldErrors) -> FormView {
        let place = |path| if asked_at(asked, path).is_some() { None } else { self.place(path) };
        let placed = |(path, message)| Placed { place: place(path), path, message: sentence(message) };
        let placed: Vec<Placed> = errors.0.iter().map(|(path, message)| placed((path, message))).collect();
        let usual = fields().filter(|field| field.group == Group::Usual);
        let extra = Some(&self.extra).filter(|extra| !extra.is_empty());
        FormView {
            base_version: self.base_version.clone(),
            extra: extra.map(|extra| Value::from(extra.clone()).to_string()).unwrap_or_default(),
            asked: self.asked_views(asked, &placed),
            usual: iter::once(&NAME).chain(usual).map(|field| self.field_view(field, &placed, asked)).collect(),
            groups: Group::ALL.into_iter().skip(1).map(|group| self.group_view(group, &placed, asked)).collect(),
            problems: placed.iter().map(|error| error.in_summary(asked)).collect(),
            retype_secret: self.secrets.values().any(|secret| secret.typed.is_some()),
        }
    }

    fn group_view(&self, group: Group, errors: &[Placed], asked: &[Variable]) -> GroupView {
        let members = || fields().filter(|field| field.group == group);
        let fields: Vec<FieldView> = members().map(|field| self.field_view(field, errors, asked)).collect();
        let set =
            members().zip(&fields).filter(|(field, view)| self.is_set(field) && view.shows_something(field)).count();
        let wrong = errors.iter().any(|error| error.place.is_some_and(|place| place.field.group == group));
        let row_removed = fields.iter().any(|field| field.focus_add);
        let (slug, title, summary) = (group.slug(), group.title(), group.summary());
        // What a preset filled in needs no look; the number says where it is.
        let open = wrong || row_removed || (set > 0 && self.preset().is_none());
        GroupView { slug, title, summary, open, set, fields }
    }

    fn field_view(&self, field: &'static Field, errors: &[Placed], asked: &[Variable]) -> FieldView {
        let id = format!("f-{}", field.path);
        let typed = self.text(field.path);
        let value = if field.kind == Kind::Flag && typed.is_empty() { field.default } else { typed };
        let control = control(field.kind, value);
        let secret = self.secrets.get(field.path);
        FieldView {
            path: field.path.into(),
            label: field.label.into(),
            help: field.help.into(),
            control,
            mode: mode(field.kind),
            value: value.to_owned(),
            placeholder: if control == "text" { field.default.into() } else { "".into() },
            unit: if let Kind::Number { unit } = field.kind { unit } else { "" },
            options: options(field, value),
            rows: self.row_views(field, errors, if field.path == "vars" { asked } else { &[] }),
            part: if field.kind == Kind::Captures { "pattern" } else { "value" },
            can_drop: field.kind == Kind::Overlay,
            multiline: field.kind == Kind::Paths,
            stored_secret: secret.map(|secret| secret.stored.sentence()).unwrap_or_default(),
            remove_secret: secret.is_some_and(|secret| secret.remove),
            retype_secret: secret.is_some_and(|secret| secret.typed.is_some()),
            errors: errors.iter().filter_map(|error| error.at(field, None)).collect(),
            focus: self.goes_on_at(&id),
            focus_add: self.goes_on_at(&format!("{id}.add")),
            id,
        }
    }

    fn row_views(&self, field: &Field, errors: &[Placed], asked: &[Variable]) -> Vec<RowView> {
        let error =
            |index, part| errors.iter().find_map(|error| error.at(field, Some((index, part)))).unwrap_or_default();
        let view = |(index, row): (usize, &Row)| RowView {
            index,
            name: row.name.clone(),
            value: row.value.clone(),
            dropped: row.dropped,
            lines: field.kind == Kind::Paths || row.value.contains('\n'),
            name_error: error(index, Part::Name),
            value_error: error(index, Part::Value),
            focus: self.goes_on_at(&format!("f-{}.{index}.name", field.path)),
        };
        self.rows(field.path).iter().enumerate().filter(|(_, row)| !is_asked(asked, row)).map(view).collect()
    }

    fn goes_on_at(&self, id: &str) -> bool {
        self.focus.as_deref() == Some(id)
    }
}

impl FieldView {
    /// A table whose rows all stand above shows nothing.
    fn shows_something(&self, field: &Field) -> bool {
        !field.has_rows() || !self.rows.is_empty()
    }
}

impl Placed<'_> {
    fn at(&self, field: &Field, row: Option<(usize, Part)>) -> Option<String> {
        self.place.filter(|place| place.field.path == field.path && place.row == row).map(|_| self.message.clone())
    }

    fn in_summary(&self, asked: &[Variable]) -> Problem {
        if let Some(variable) = asked_at(asked, self.path) {
            let anchor = format!("f-{}", self.path);
            return Problem { anchor, label: variable.label.clone(), message: self.message.clone() };
        }
        Problem {
            anchor: self.place.map(|place| place.anchor()).unwrap_or_default(),
            label: self.place.map_or(self.path, |place| place.field.label).to_owned(),
            message: self.message.clone(),
        }
    }
}

fn mode(kind: Kind) -> &'static str {
    match kind {
        Kind::Url => "url",
        Kind::Number { .. } => "numeric",
        _ => "text",
    }
}

/// A line break survives only in a field of several lines.
fn control(kind: Kind, value: &str) -> &'static str {
    match kind {
        Kind::Secret => "secret",
        Kind::SecretLines => "secret-lines",
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
