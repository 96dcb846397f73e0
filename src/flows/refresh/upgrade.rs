//! The second request, for servers that give the token that counts only in exchange for a first one.
//!
//! It is a renewal like any other, under the grant's lease and stored before anyone gets its token. The first token stays
//! in the grant until then: a stop in between, or a server in trouble, loses nothing.

use super::answer::{Verdict, is_the_end};
use super::{Renewal, Writer};
use crate::flows::Error;
use crate::flows::exchange::Exchange;
use crate::oauth::auth_alternatives::AuthPlace;
use crate::oauth::definition::RefreshInput;
use crate::oauth::grant::{Freshness, Grant};
use crate::oauth::secret::Secret;
use crate::oauth::token_request;
use crate::oauth::token_response::Stage;

impl Renewal<'_> {
    /// Whether the next request is the second one. A first token that ended is replaced before, where that can be.
    pub(super) fn upgrade_is_next(&self, grant: &Grant) -> bool {
        let definition = &self.client.definition;
        let by_token = definition.refresh.input == RefreshInput::RefreshToken && grant.tokens.refresh_token.is_some();
        let ended = grant.tokens.freshness(self.app.now(), 0) == Freshness::Expired;
        let replaced = ended && (by_token || !definition.needs_resource_owner());
        grant.tokens.stage == Stage::First && definition.upgrade.is_wanted() && !replaced
    }

    pub(super) async fn upgrade(&self, grant: &Grant, writer: &Writer) -> Verdict {
        let secrets: Vec<&Secret> = grant.tokens.secrets().collect();
        let exchange = Exchange::new(self.app, self.client, AuthPlace::Upgrade).under(writer);
        let error = match exchange.tokens(&self.values(Some(grant)), &secrets, token_request::upgrade).await {
            Ok(tokens) => return (grant.upgraded(tokens), Ok(())),
            Err(error) => Error::SecondRequest(Box::new(error)),
        };
        tracing::warn!(client = %self.name.client, account = %self.name.account, %error, "second request failed");
        let alone = self.client.definition.needs_resource_owner() && grant.tokens.refresh_token.is_none();
        match error.root() {
            Error::Refused { answer, .. } if alone && is_the_end(answer) => {
                (grant.ended(self.app.now(), answer), Err(error))
            }
            _ => (self.failed(grant, &error), Err(error)),
        }
    }
}
