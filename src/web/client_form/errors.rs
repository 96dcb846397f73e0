//! Where in the form an error belongs.

use super::{ClientForm, Row};
use crate::oauth::definition::fields::{Field, Kind, NAME, fields};
use std::iter;

/// Problems as path of the field and sentence, such as `("token.url", "the token endpoint is missing")`. A path may
/// name a row by its number or by its name, or a part of the definition that no single field is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<(String, String)>);

impl FieldErrors {
    /// One problem.
    pub fn one(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![(path.into(), message.into())])
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The place of an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub field: &'static Field,
    /// The row it is about, counted from zero, and whether it is the row's name that is wrong.
    pub row: Option<(usize, Part)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    Value,
}

impl Place {
    /// The id of the input to go to.
    pub fn anchor(&self) -> String {
        match self.row {
            None => format!("f-{}", self.field.path),
            Some((index, Part::Name)) => format!("f-{}.{index}.name", self.field.path),
            Some((index, Part::Value)) => format!("f-{}.{index}.value", self.field.path),
        }
    }
}

impl ClientForm {
    /// `None`: the error is about no field of the form.
    pub(super) fn place(&self, path: &str) -> Option<Place> {
        let path = path.replace('[', ".").replace(']', "");
        let all = || iter::once(&NAME).chain(fields());
        let within =
            |field: &&Field| path.strip_prefix(field.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if let Some(field) = all().filter(within).max_by_key(|field| field.path.len()) {
            let rest = path[field.path.len()..].trim_start_matches('.');
            let row = if field.has_rows() { find_row(field.kind, self.rows(field.path), rest) } else { None };
            return Some(Place { field, row });
        }
        let around = |field: &&Field| field.path.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.'));
        all().find(around).map(|field| Place { field, row: None })
    }
}

/// `rest` is what follows the field's path: `2.name`, `2`, or the name in the row.
fn find_row(kind: Kind, rows: &[Row], rest: &str) -> Option<(usize, Part)> {
    if rest.is_empty() {
        return None;
    }
    let (number, part) = rest.split_once('.').unwrap_or((rest, ""));
    let numbered = number.parse().ok().filter(|index| *index < rows.len());
    let named = |kind| kind != Kind::Captures;
    if let Some(index) = rows.iter().position(|row| named(kind) && row.name.trim() == rest) {
        return Some((index, Part::Value));
    }
    numbered.map(|index: usize| (index, if part == "name" { Part::Name } else { Part::Value }))
}
