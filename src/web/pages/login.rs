//! The operator's way in.

use super::Page;
use serde::Serialize;

/// Asks for the login token or a single-use code, in one field that is posted as `token`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Login {
    /// Where to go afterwards.
    pub next: String,
    pub error: Option<String>,
}

impl Page for Login {
    const TEMPLATE: &'static str = "pages/login.html";
}

/// What `/login?code=` shows: a button that posts the code, so that a prefetch cannot spend it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LoginWithCode {
    pub code: String,
    pub next: String,
}

impl Page for LoginWithCode {
    const TEMPLATE: &'static str = "pages/login_with_code.html";
}
