//! The keys of the HTTP API.

use super::{Page, Snippet};
use serde::Serialize;

/// All keys, a form for another, and the one that was just made.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiKeys {
    pub keys: Vec<ApiKeyRow>,
    pub made: Option<MadeKey>,
    pub form: ApiKeyForm,
}

impl Page for ApiKeys {
    const TEMPLATE: &'static str = "pages/api_keys.html";
}

/// What is known of a key; everything as text.
#[derive(Clone, Debug, Serialize)]
pub struct ApiKeyRow {
    pub id: String,
    pub label: String,
    /// `all clients`, or their names.
    pub clients: String,
    pub verbs: Vec<&'static str>,
    pub created: String,
    pub expires: String,
    pub ended: bool,
    pub last_used: String,
}

/// A key in the one moment in which it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct MadeKey {
    pub label: String,
    pub text: String,
    pub snippets: Vec<Snippet>,
}

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiKeyForm {
    pub label: String,
    pub label_error: Option<String>,
    pub clients: String,
    pub clients_error: Option<String>,
    pub verbs: Vec<VerbBox>,
    pub verbs_error: Option<String>,
    pub lives: Vec<Lifetime>,
}

#[derive(Clone, Debug, Serialize)]
pub struct VerbBox {
    pub name: &'static str,
    pub meaning: &'static str,
    pub checked: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Lifetime {
    pub days: &'static str,
    pub label: &'static str,
    pub selected: bool,
}
