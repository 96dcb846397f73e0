//! What a server's metadata says otherwise than a definition.

use super::Page;
use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Discovered {
    pub name: String,
    pub issuer: String,
    /// Of the definition that was compared.
    pub base_version: String,
    pub rows: Vec<DifferenceRow>,
}

impl Page for Discovered {
    const TEMPLATE: &'static str = "pages/discovered.html";
}

/// One field, with a checkbox that is posted as `set.FIELD`.
#[derive(Clone, Debug, Serialize)]
pub struct DifferenceRow {
    pub field: String,
    pub label: String,
    /// In words; blank for nothing.
    pub present: String,
    pub offered: String,
    /// What is posted.
    pub json: String,
    pub proposed: bool,
}
