//! Well-known authorization servers, and what is known about one of them.

use super::Page;
use serde::Serialize;

/// The picker.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PickPreset {
    /// What was searched for; blank for all.
    pub query: String,
    pub total: usize,
    pub groups: Vec<PresetGroup>,
    /// Files of the user's own that cannot be read.
    pub broken: Vec<String>,
}

impl Page for PickPreset {
    const TEMPLATE: &'static str = "pages/presets.html";
}

/// The presets of one category.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PresetGroup {
    pub title: String,
    pub presets: Vec<PresetCard>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PresetCard {
    pub id: String,
    pub name: String,
    pub about: String,
}

/// What a person needs to know about a server; a blank text says nothing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Knowledge {
    pub name: String,
    /// What somebody must know first.
    pub notice: String,
    /// Where an app is registered, with `{variables}`; as a link once they are known; and where on that page.
    pub register_page: String,
    pub register_url: Option<String>,
    pub register_at: String,
    pub redirect_uris: String,
    /// The one to register.
    pub redirect_uri: String,
    /// Why the present redirect URI will be refused, and what to do.
    pub redirect_warning: Option<String>,
    pub refresh_token: String,
    pub lifetime: String,
    /// What nobody verified, in words.
    pub check: Vec<String>,
}
