//! A token as the HTTP API and `token --format json` give it.

use crate::oauth::grant::Grant;
use crate::oauth::name::{Account, ClientName};
use crate::oauth::secret::{Secret, exposed};
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "program", schema(as = Token))]
pub struct TokenAnswer {
    #[serde(with = "exposed")]
    #[cfg_attr(feature = "program", schema(value_type = String))]
    pub access_token: Secret,
    pub token_type: String,
    /// Unix seconds; `null` when the server did not say.
    #[cfg_attr(feature = "program", schema(value_type = Option<i64>))]
    pub expires_at: Option<Timestamp>,
    /// Seconds left; `null` when the server did not say.
    pub expires_in: Option<i64>,
    /// Separated by spaces (RFC 6749 §3.3).
    pub scope: String,
    #[cfg_attr(feature = "program", schema(value_type = String))]
    pub client: ClientName,
    #[cfg_attr(feature = "program", schema(value_type = String))]
    pub account: Account,
}

impl TokenAnswer {
    pub fn of(client: &Client, grant: &Grant, now: Timestamp) -> Self {
        let tokens = &grant.tokens;
        Self {
            access_token: tokens.access_token.clone(),
            token_type: tokens.token_type.clone(),
            expires_at: tokens.expires_at,
            expires_in: tokens.expires_at.map(|end| now.seconds_until(end)),
            scope: tokens.scope.as_ref().unwrap_or(&client.definition.scopes).join(" "),
            client: client.name.clone(),
            account: grant.name.account.clone(),
        }
    }
}
