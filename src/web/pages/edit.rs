//! The form of a client.

use super::{Knowledge, Page};
use crate::web::client_form::FormView;
use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize)]
pub struct EditClient {
    /// The client that is edited; `None` for a new one.
    pub editing: Option<String>,
    pub form: FormView,
    /// The default redirect URI, to be registered at the authorization server.
    pub redirect_uri: String,
    /// What is known about the server, when the definition was made from a preset.
    pub preset: Option<Knowledge>,
    /// The URL that was to be filled in from.
    pub issuer: String,
    /// Why that did not work.
    pub issuer_error: Option<String>,
    /// What the form was filled in from, such as an issuer.
    pub filled_from: Option<String>,
    /// Where the server registers apps for programs, the offer to do so.
    pub register: Option<Register>,
}

impl Page for EditClient {
    const TEMPLATE: &'static str = "pages/edit.html";
}

/// The offer to register the app at the server.
#[derive(Clone, Debug, Serialize)]
pub struct Register {
    /// What was pasted, to be found again.
    pub issuer: String,
    pub name: String,
    /// The server's host.
    pub server: String,
    /// Why it did not work.
    pub error: Option<String>,
}
