//! All clients.

use super::{Badge, Page};
use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Home {
    /// What was searched for; blank for all clients.
    pub query: String,
    /// Counted from 1.
    pub page: usize,
    pub pages: usize,
    /// How many clients match, over all pages.
    pub total: usize,
    pub groups: Vec<ServiceGroup>,
    /// What is wrong with the files of definitions right now.
    pub problems: Vec<String>,
    /// To be registered with a new client, shown while there is none.
    pub redirect_uri: String,
}

impl Page for Home {
    const TEMPLATE: &'static str = "pages/home.html";
}

/// The clients of one service; a blank title when they name none.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServiceGroup {
    pub title: String,
    pub clients: Vec<ClientRow>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ClientRow {
    pub name: String,
    /// The authorization server's host.
    pub server: String,
    /// Empty when no account has authorized the client.
    pub grants: Vec<GrantBadge>,
    /// Whether the Authorize button is of use.
    pub can_authorize: bool,
    /// Whether it can be changed in its own file alone.
    pub is_declared: bool,
    /// Whether nothing works until someone presses it.
    pub urgent: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct GrantBadge {
    pub account: String,
    pub state: Badge,
    /// In words, see [`super::words::expiry`]; may be blank.
    pub expiry: String,
}
