//! One client: its grants, how to use them, and how to be rid of it.

use super::words::{shell_word, urlencode};
use super::{Badge, EventRow, Page};
use crate::flows::token_files::TokenFileState;
use crate::oauth::name::GrantName;
use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize)]
pub struct ClientPage {
    pub name: String,
    pub service: String,
    /// The authorization server's host.
    pub server: String,
    pub grants: Vec<GrantRow>,
    /// Why there is no token yet, of a client that asks in its own name.
    pub trouble: Option<GrantError>,
    pub snippets: Vec<Snippet>,
    /// To be registered at the authorization server; `None` for a grant without a browser.
    pub redirect_uri: Option<String>,
    /// Why the server will refuse it, and what to do.
    pub redirect_warning: Option<String>,
    /// The client's own key; `None` when it does not sign.
    pub key: Option<ClientKey>,
    /// The definition's main points.
    pub facts: Vec<Fact>,
    pub notes: String,
    /// The newest events about it.
    pub events: Vec<EventRow>,
    /// The file that it can be changed in alone.
    pub declared_in: Option<String>,
    /// Whether a person has to agree, so that there is something to authorize.
    pub can_authorize: bool,
    /// Whether the server can be told that a token is over.
    pub can_revoke: bool,
    /// Whether there is an issuer whose metadata can be read again.
    pub can_discover: bool,
    /// Whether this program registered the app, so that the server takes changes from it.
    pub registered: bool,
}

impl Page for ClientPage {
    const TEMPLATE: &'static str = "pages/client.html";
}

#[derive(Clone, Debug, Serialize)]
pub struct GrantRow {
    pub account: String,
    pub state: Badge,
    pub scope: String,
    /// In words.
    pub expiry: String,
    /// RFC 3339, for the tooltip; blank when unknown.
    pub expires_at: String,
    /// In words; blank when never.
    pub refreshed: String,
    pub error: Option<GrantError>,
    /// What to do for a refresh token, where one is missed; may be blank.
    pub advice: String,
    /// The file that holds the token, and what is wrong with it.
    pub token_file: Option<TokenFileState>,
    /// How the last refreshes went, the newest first.
    pub history: Vec<AttemptRow>,
    /// Who authorized it; `None` when the server did not say.
    pub identity: Option<IdentityView>,
    /// What can be done besides authorizing and deleting.
    pub actions: Vec<Action>,
}

/// One refresh.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptRow {
    /// In words.
    pub when: String,
    /// RFC 3339, for the tooltip.
    pub at: String,
    pub outcome: &'static str,
    /// In words.
    pub took: String,
    /// Blank when there was none.
    pub error: String,
}

/// The key that a client authenticates with.
#[derive(Clone, Debug, Serialize)]
pub struct ClientKey {
    /// The public half as a JWK Set; blank when there is no key yet.
    pub jwks: String,
    /// Why the key cannot be used; blank when it can.
    pub problem: String,
}

/// What an ID token said.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityView {
    pub subject: String,
    pub verified: bool,
    pub claims: Vec<Claim>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    pub name: String,
    pub value: String,
}

/// What went wrong last, and what to do about it.
#[derive(Clone, Debug, Serialize)]
pub struct GrantError {
    pub text: String,
    pub hint: String,
}

/// A button that posts to `/clients/NAME/PATH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// `refresh`, `test`, `userinfo`, `introspect` or `exchange`.
    pub path: &'static str,
    pub label: &'static str,
}

/// A labelled value; `code` sets it in a fixed-width font.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    pub label: &'static str,
    pub value: String,
    pub code: bool,
}

/// A line to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snippet {
    pub title: &'static str,
    pub text: String,
}

impl Snippet {
    /// How a script gets at the grant's token: the command, curl, and the HTTP API below `public_url`. `api_url` is a
    /// URL worth calling, if one is known.
    pub fn of_grant(grant: &GrantName, api_url: Option<&str>, public_url: &str) -> Vec<Snippet> {
        let name = shell_word(&grant.to_string());
        let target = api_url.map_or_else(|| "API_URL".to_owned(), shell_word);
        let client = urlencode(grant.client.as_str());
        let mut endpoint = format!("{}/api/v1/clients/{client}/token", public_url.trim_end_matches('/'));
        if !grant.account.is_default() {
            endpoint.push_str(&format!("?account={}", urlencode(grant.account.as_str())));
        }
        let endpoint = shell_word(&endpoint);
        vec![
            Snippet { title: "Token", text: format!("oauth-helper token {name}") },
            Snippet { title: "curl", text: format!("oauth-helper header {name} | curl -H @- {target}") },
            Snippet {
                title: "HTTP API",
                text: format!("printf 'Authorization: Bearer %s' \"$OAUTHCLIENT_API_KEY\" | curl -H @- {endpoint}"),
            },
        ]
    }
}

/// Asks before a client is deleted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DeleteClient {
    pub name: String,
    /// The accounts whose tokens go with it.
    pub accounts: Vec<String>,
    /// Whether the server can be told; the checkbox is posted as `revoke=true`.
    pub can_revoke: bool,
    /// Whether this program registered the app and can end that; the checkbox is posted as `unregister=true`.
    pub registered: bool,
    pub server: String,
}

impl Page for DeleteClient {
    const TEMPLATE: &'static str = "pages/delete.html";
}
