//! The API that the token is for.

use super::is_default;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the API itself wants the token (RFC 6750 §2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    #[serde(skip_serializing_if = "is_default")]
    pub token_in: TokenPlace,
    #[serde(skip_serializing_if = "is_authorization")]
    pub name: String,
    #[serde(skip_serializing_if = "is_bearer")]
    pub template: String,
    #[serde(skip_serializing_if = "is_default")]
    pub base_url: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub headers: BTreeMap<String, String>,
    /// A path or URL to try a token on.
    #[serde(skip_serializing_if = "is_default")]
    pub probe: Option<String>,
}

fn is_authorization(name: &str) -> bool {
    name == "Authorization"
}

fn is_bearer(template: &str) -> bool {
    template == "Bearer {access_token}"
}

impl Default for Api {
    fn default() -> Self {
        Self {
            token_in: TokenPlace::Header,
            name: "Authorization".to_owned(),
            template: "Bearer {access_token}".to_owned(),
            base_url: None,
            headers: BTreeMap::new(),
            probe: None,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenPlace {
    #[default]
    Header,
    Query,
}
