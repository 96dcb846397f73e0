//! A token as the HTTP API and `token --format json` give it.

use crate::oauth::grant::Grant;
use crate::oauth::name::{Account, ClientName};
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;
use serde::Serialize;

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Token)]
pub struct TokenAnswer<'a> {
    #[serde(serialize_with = "crate::oauth::secret::exposed::serialize")]
    #[schema(value_type = String)]
    access_token: &'a crate::oauth::secret::Secret,
    token_type: &'a str,
    /// Unix seconds; `null` when the server did not say.
    #[schema(value_type = Option<i64>)]
    expires_at: Option<Timestamp>,
    /// Seconds left; `null` when the server did not say.
    expires_in: Option<i64>,
    /// Separated by spaces (RFC 6749 §3.3).
    scope: String,
    #[schema(value_type = String)]
    client: &'a ClientName,
    #[schema(value_type = String)]
    account: &'a Account,
}

impl<'a> TokenAnswer<'a> {
    pub fn of(client: &'a Client, grant: &'a Grant, now: Timestamp) -> Self {
        let tokens = &grant.tokens;
        Self {
            access_token: &tokens.access_token,
            token_type: &tokens.token_type,
            expires_at: tokens.expires_at,
            expires_in: tokens.expires_at.map(|end| now.seconds_until(end)),
            scope: tokens.scope.as_ref().unwrap_or(&client.definition.scopes).join(" "),
            client: &client.name,
            account: &grant.name.account,
        }
    }
}
