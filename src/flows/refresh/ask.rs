//! The refresh request.

use super::Renewal;
use super::Writer;
use crate::flows::Error;
use crate::flows::exchange::Exchange;
use crate::flows::references::Referred;
use crate::oauth::auth_alternatives::AuthPlace;
use crate::oauth::grant::Grant;
use crate::oauth::secret::Secret;
use crate::oauth::template::Values;
use crate::oauth::token_request;
use crate::oauth::token_response::Tokens;

impl Renewal<'_> {
    /// Asks for the tokens that come after `grant`, or for the first ones.
    pub(super) async fn ask(
        &self,
        grant: Option<&Grant>,
        referred: &Referred,
        writer: &Writer,
    ) -> Result<Tokens, Error> {
        let definition = &self.client.definition;
        let mut values = self.values(grant);
        referred.iter().for_each(|(name, token)| values.set(name, token.expose()));
        let known = grant.into_iter().flat_map(|grant| grant.tokens.secrets());
        let secrets: Vec<&Secret> = known.chain(referred.values()).collect();
        let exchange = |place| Exchange::new(self.app, self.client, place).under(writer);
        // One rule for every grant: where a person agreed, that consent is prolonged; else the client asks again.
        if definition.needs_resource_owner() {
            exchange(AuthPlace::of_refresh(definition)).tokens(&values, &secrets, token_request::refresh).await
        } else {
            exchange(AuthPlace::Token).tokens(&values, &secrets, token_request::unattended).await
        }
    }

    pub(super) fn values(&self, grant: Option<&Grant>) -> Values {
        let definition = &self.client.definition;
        let mut values = definition.values(&self.app.redirect_uri(definition), self.app.now(), &self.app.random_text());
        if let Some(grant) = grant {
            grant.fill(&mut values);
            values.set("access_token", grant.tokens.access_token.expose());
            values.set("refresh_token", grant.tokens.refresh_token.as_ref().map_or("", Secret::expose));
        }
        values
    }
}
