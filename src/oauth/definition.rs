//! The client definition: the RFC's requests plus what one authorization server does differently, as data.
//!
//! The JSON shape is the same in the token cache file, in `client import` and `export`, in the HTTP API and behind the
//! form. An absent key means the default; an unknown key is refused by name.

mod answer;
mod auth;
mod back_channel;
pub mod fields;
mod front_channel;
mod invalid;
pub(crate) mod overlay;
mod resource;
mod second_step;
mod secret_source;
mod token_file;
mod validate;
mod words;

pub use answer::{ExpiresUnit, Response, ResponseFormat, SuccessRule};
pub use auth::{Audience, Auth, AuthMethod, BasicEncoding};
pub use back_channel::{
    BodyFormat, Endpoint, FormEndpoint, HttpMethod, IdToken, OnMissingToken, Refresh, RefreshInput, Rotation,
    TokenEndpoint,
};
pub use front_channel::{Authorize, Callback, CallbackMethod, Capture, IssParameter, StatePolicy};
pub use invalid::{FieldError, Invalid};
pub use overlay::{Overlay, Paths};
pub use resource::{Api, TokenPlace};
pub use second_step::{Assertion, Signer, SignerAlgorithm, SignerEncoding, SignerPlace, Upgrade};
pub use secret_source::SecretSource;
pub use token_file::{DEFAULT_LOGIN, TokenFile, TokenFormat, is_netrc_word};
pub use words::{GrantType, Pkce, Publish, RedirectUri, ScopeSeparator};

use crate::oauth::grant_reference::GrantReference;
use crate::oauth::template::{self, Values};
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::Stage;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The path of the client secret.
pub const CLIENT_SECRET: &str = "client_secret";
/// The path of the private key, which serves the token request and the refresh alike.
pub const PRIVATE_KEY: &str = "token.auth.private_key";

/// Everything the program knows about one client, except its name (the key it is kept under) and its tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Definition {
    /// Free text that groups clients in the list.
    #[serde(skip_serializing_if = "is_default")]
    pub service: String,
    /// The built-in description this definition was made from.
    #[serde(skip_serializing_if = "is_default")]
    pub preset: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub grant: GrantType,
    #[serde(skip_serializing_if = "is_default")]
    pub client_id: String,
    #[serde(skip_serializing_if = "is_default")]
    pub client_secret: Option<SecretSource>,
    /// Issuer identifier (RFC 8414 §2). When known, the `iss` of an authorization response must equal it (RFC 9207).
    #[serde(skip_serializing_if = "is_default")]
    pub issuer: Option<String>,
    /// Values for `{name}` in the templates below, such as a tenant or a region.
    #[serde(skip_serializing_if = "is_default")]
    pub vars: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub redirect_uri: RedirectUri,
    #[serde(skip_serializing_if = "is_default")]
    pub scopes: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub scope_separator: ScopeSeparator,
    #[serde(skip_serializing_if = "is_default")]
    pub pkce: Pkce,
    #[serde(skip_serializing_if = "is_default")]
    pub authorize: Authorize,
    #[serde(skip_serializing_if = "is_default")]
    pub callback: Callback,
    #[serde(skip_serializing_if = "is_default")]
    pub token: TokenEndpoint,
    #[serde(skip_serializing_if = "is_default")]
    pub assertion: Assertion,
    #[serde(skip_serializing_if = "is_default")]
    pub signer: Signer,
    #[serde(skip_serializing_if = "is_default")]
    pub upgrade: Upgrade,
    #[serde(skip_serializing_if = "is_default")]
    pub refresh: Refresh,
    #[serde(skip_serializing_if = "is_default")]
    pub response: Response,
    #[serde(skip_serializing_if = "is_default")]
    pub api: Api,
    #[serde(skip_serializing_if = "is_default")]
    pub id_token: IdToken,
    /// RFC 7009.
    #[serde(skip_serializing_if = "is_default")]
    pub revoke: FormEndpoint,
    /// RFC 7662.
    #[serde(skip_serializing_if = "is_default")]
    pub introspect: FormEndpoint,
    /// OpenID Connect Core §5.3.
    #[serde(skip_serializing_if = "is_default")]
    pub userinfo: Endpoint,
    /// RFC 8628 §3.1.
    #[serde(skip_serializing_if = "is_default")]
    pub device: FormEndpoint,
    /// What the Python helper's readers find in Redis, in plain text.
    #[serde(skip_serializing_if = "is_default")]
    pub publish: Publish,
    #[serde(skip_serializing_if = "is_default")]
    pub token_file: TokenFile,
    #[serde(skip_serializing_if = "is_default")]
    pub notes: String,
}

impl Definition {
    /// Reads and validates a definition. `null` anywhere but in `params` and `claims` (where it drops one) means "absent".
    pub fn from_json(mut json: Value) -> Result<Self, Invalid> {
        drop_nulls(&mut json);
        // Only a mistake has to be looked for.
        let definition = match Definition::deserialize(&json) {
            Ok(definition) => definition,
            Err(_) => serde_path_to_error::deserialize(&json).map_err(Invalid::from_serde)?,
        };
        definition.validate()?;
        Ok(definition)
    }

    /// The same JSON again. Fails only on a secret that was not sealed yet.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    /// A copy that can be shown to anyone who may see the definition.
    pub fn without_secrets(&self) -> Definition {
        let mut copy = self.clone();
        copy.secrets_mut().into_iter().for_each(|(_, secret)| *secret = None);
        copy
    }

    /// Every secret of the definition with the path of its field.
    pub fn secrets_mut(&mut self) -> [(&'static str, &mut Option<SecretSource>); 2] {
        [(CLIENT_SECRET, &mut self.client_secret), (PRIVATE_KEY, &mut self.token.auth.private_key)]
    }

    /// The secret whose field has this path.
    pub fn secret(&self, path: &str) -> Option<&SecretSource> {
        match path {
            CLIENT_SECRET => self.client_secret.as_ref(),
            PRIVATE_KEY => self.token.auth.private_key.as_ref(),
            _ => None,
        }
    }

    /// Whether the client authenticates so at the token endpoint, or when it refreshes.
    pub fn authenticates_with(&self, method: AuthMethod) -> bool {
        self.token.auth.method == method || self.refresh.auth.as_ref().is_some_and(|auth| auth.method == method)
    }

    /// Whether the server knows the client by the public half of its key.
    pub fn signs_with_its_key(&self) -> bool {
        self.authenticates_with(AuthMethod::PrivateKeyJwt) || self.makes_assertions()
    }

    /// The scopes as they go over the wire.
    pub fn scope(&self) -> String {
        self.scopes.join(&self.scope_separator.0)
    }

    /// What any request of this client may use in its templates.
    pub fn values(&self, redirect_uri: &str, now: Timestamp, random: &str) -> Values {
        let mut values = Values::default();
        for (name, value) in &self.vars {
            values.set(name, value);
        }
        values
            .with("client_id", &self.client_id)
            .with("redirect_uri", redirect_uri)
            .with("scope", self.scope())
            .with("issuer", self.issuer.as_deref().unwrap_or_default())
            .with("now", now.0.to_string())
            .with("now_ms", now.0.saturating_mul(1000).to_string())
            .with("random", random)
    }

    /// The tokens of other clients' grants that the token request carries, each once.
    pub fn grant_references(&self) -> Vec<GrantReference> {
        let values = self.token.params.0.iter().filter_map(|(_, value)| value.as_deref());
        let found: BTreeSet<_> = values.flat_map(template::placeholders).filter_map(GrantReference::parse).collect();
        found.into_iter().collect()
    }

    /// Whether the client signs the assertion of its JWT bearer grant itself.
    pub fn makes_assertions(&self) -> bool {
        self.grant.as_str() == GrantType::JWT_BEARER && self.token.params.get("assertion").is_none()
    }

    /// Whether consent that a person gave can be prolonged.
    pub fn refreshes(&self, has_refresh_token: bool) -> bool {
        match self.refresh.input {
            RefreshInput::RefreshToken => has_refresh_token,
            RefreshInput::AccessToken => true,
            // Asked for anew, in the way that the definition says.
            RefreshInput::None => {
                matches!(self.refresh.params.get("grant_type"), Some(Some(grant)) if grant != "refresh_token")
            }
        }
    }

    /// How far the tokens of a first answer are.
    pub fn first_stage(&self) -> Stage {
        if self.upgrade.is_wanted() { Stage::First } else { Stage::Final }
    }

    /// How far refreshed tokens are. Who asks anew gets first tokens again.
    pub fn stage_after_refresh(&self) -> Stage {
        match self.upgrade.after_refresh || !self.needs_resource_owner() {
            true => self.first_stage(),
            false => Stage::Final,
        }
    }

    /// How the authorization request challenges whoever exchanges the code. A program that finds the code in Redis has no
    /// verifier.
    pub fn challenges_with(&self) -> Pkce {
        match self.publish {
            Publish::Code => Pkce::Off,
            Publish::None | Publish::Tokens => self.pkce,
        }
    }

    /// Whether a person has to authorize this client: in a browser, on another device, or with a password.
    pub fn needs_resource_owner(&self) -> bool {
        self.grant.needs_resource_owner()
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn drop_nulls(json: &mut Value) {
    if let Value::Object(fields) = json {
        fields.retain(|_, value| !value.is_null());
        for (name, value) in fields.iter_mut() {
            if name != "params" && name != "claims" {
                drop_nulls(value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
