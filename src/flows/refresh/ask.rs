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
        let tokens = grant.map(|grant| &grant.tokens);
        let secrets =
            [tokens.and_then(|tokens| tokens.refresh_token.as_ref()), tokens.map(|tokens| &tokens.access_token)];
        let secrets: Vec<&Secret> = secrets.into_iter().flatten().chain(referred.values()).collect();
        let exchange = |place| Exchange::new(self.app, self.client, place).under(writer);
        // One rule for every grant: where a person agreed, that consent is prolonged; else the client asks again.
        if definition.needs_resource_owner() {
            let request = |definition: &_, who: &_| token_request::refresh(definition, values.clone(), who);
            exchange(AuthPlace::of_refresh(definition)).tokens(&secrets, request).await
        } else {
            let request = |definition: &_, who: &_| token_request::unattended(definition, values.clone(), who);
            exchange(AuthPlace::Token).tokens(&secrets, request).await
        }
    }

    fn values(&self, grant: Option<&Grant>) -> Values {
        let definition = &self.client.definition;
        let mut values = definition.values(&self.app.redirect_uri(definition), self.app.now(), &self.app.random_text());
        if let Some(grant) = grant {
            grant.captured.iter().chain(&grant.tokens.captured).for_each(|(name, value)| values.set(name, value));
            values.set("access_token", grant.tokens.access_token.expose());
            values.set("refresh_token", grant.tokens.refresh_token.as_ref().map_or("", Secret::expose));
        }
        values
    }
}
