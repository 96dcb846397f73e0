//! What a browser submitted.

use super::{ClientForm, Row};
use crate::oauth::definition::fields::{Field, NAME, fields};
use crate::oauth::secret::Secret;
use crate::oauth::template::is_variable_name;
use std::iter;

/// Which button was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    Save,
    /// A row was added or removed (already done): show the form again.
    EditRows,
}

/// The rows of one field with the numbers they had in the page, in the order of the page.
#[derive(Default)]
struct Numbered(Vec<(usize, Row)>);

impl ClientForm {
    /// Takes over `application/x-www-form-urlencoded` pairs. Of a name that comes twice the last counts, as with a
    /// hidden input before a checkbox; what is no part of the form (`csrf`) is passed over.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> (Self, Intent) {
        let mut form = Self::default();
        let mut tables: Vec<(&'static Field, Numbered)> = Vec::new();
        let (mut add, mut remove) = (None, None);
        for (name, value) in pairs {
            match name.as_str() {
                "add_row" => add = Some(value),
                "remove_row" => remove = Some(value),
                _ => form.take(&mut tables, &name, value.replace("\r\n", "\n")),
            }
        }
        let removed = remove.and_then(|target| remove_row(&mut tables, &target));
        form.rows = tables
            .into_iter()
            .map(|(field, Numbered(rows))| (field.path, rows.into_iter().map(|(_, row)| row).collect()))
            .collect();
        let added = add.and_then(|path| form.add_row(&path));
        form.focus = added.or(removed);
        let intent = if form.focus.is_some() { Intent::EditRows } else { Intent::Save };
        (form, intent)
    }

    fn take(&mut self, tables: &mut Vec<(&'static Field, Numbered)>, name: &str, value: String) {
        match name {
            "base_version" => self.base_version = value,
            "extra" => self.extra = serde_json::from_str(&value).unwrap_or_default(),
            _ => {
                if let Some(field) = find(name).filter(|field| field.is_secret()) {
                    let typed = Some(value.trim()).filter(|text| !text.is_empty()).map(Secret::new);
                    self.secrets.entry(field.path).or_default().typed = typed;
                } else if let Some(field) = removable(name) {
                    self.secrets.entry(field.path).or_default().remove = value == "true";
                } else if let Some(field) = find(name).filter(|field| !field.has_rows()) {
                    self.texts.insert(field.path, value);
                } else if let Some((field, number, part)) = row_input(name) {
                    table(tables, field).row(number).set(part, value);
                } else if let Some((field, variable)) = asked_variable(name) {
                    table(tables, field).0.push((usize::MAX, Row { name: variable, value, dropped: false }));
                }
            }
        }
    }

    /// The id of the new row's first input; `None` when the field has no rows.
    fn add_row(&mut self, path: &str) -> Option<String> {
        let field = find(path).filter(|field| field.has_rows())?;
        let rows = self.rows.entry(field.path).or_default();
        rows.push(Row::default());
        Some(format!("f-{}.{}.name", field.path, rows.len() - 1))
    }
}

fn find(path: &str) -> Option<&'static Field> {
    iter::once(&NAME).chain(fields()).find(|field| field.path == path)
}

/// `client_secret.remove`: the field of the secret.
fn removable(name: &str) -> Option<&'static Field> {
    find(name.strip_suffix(".remove")?).filter(|field| field.is_secret())
}

/// `authorize.params.0.value`: the field, the row's number, the part.
fn row_input(name: &str) -> Option<(&'static Field, usize, &str)> {
    let (row, part) = name.rsplit_once('.')?;
    let (field, number) = row_of(row)?;
    Some((field, number, part))
}

fn row_of(text: &str) -> Option<(&'static Field, usize)> {
    let (path, number) = text.rsplit_once('.')?;
    Some((find(path).filter(|field| field.has_rows())?, number.parse().ok()?))
}

/// `vars.tenant`: a variable that the preset asks for has an input of its own.
fn asked_variable(name: &str) -> Option<(&'static Field, String)> {
    let variable = name.strip_prefix("vars.").filter(|variable| is_variable_name(variable))?;
    Some((find("vars")?, variable.to_owned()))
}

fn table<'t>(tables: &'t mut Vec<(&'static Field, Numbered)>, field: &'static Field) -> &'t mut Numbered {
    let at = tables.iter().position(|(known, _)| known.path == field.path).unwrap_or_else(|| {
        tables.push((field, Numbered::default()));
        tables.len() - 1
    });
    &mut tables[at].1
}

/// The id of what to go on with: the button that adds a row.
fn remove_row(tables: &mut Vec<(&'static Field, Numbered)>, target: &str) -> Option<String> {
    let (field, number) = row_of(target)?;
    table(tables, field).0.retain(|(known, _)| *known != number);
    Some(format!("f-{}.add", field.path))
}

impl Numbered {
    fn row(&mut self, number: usize) -> &mut Row {
        let at = self.0.iter().position(|(known, _)| *known == number).unwrap_or_else(|| {
            self.0.push((number, Row::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }
}

impl Row {
    fn set(&mut self, part: &str, value: String) {
        match part {
            "name" => self.name = value,
            "value" | "pattern" => self.value = value,
            "drop" => self.dropped = value == "true",
            _ => {}
        }
    }
}
