//! When tokens end whose answer does not say so: the introspection endpoint knows (RFC 7662 §2.2).

use super::Exchange;
use crate::flows::Error;
use crate::oauth::auth_alternatives::AuthPlace;
use crate::oauth::definition::ExpiresUnit;
use crate::oauth::template::{self, Values};
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::Tokens;
use crate::oauth::{inspection, token_request};

impl Exchange<'_> {
    /// The tokens with their end, where the definition says that it is to be asked for. They count for more than their
    /// end: no failure here loses them.
    pub(super) async fn ending(&self, values: &Values, tokens: Tokens) -> Tokens {
        let response = self.response();
        if response.expires != ExpiresUnit::Introspect || tokens.expires_at.is_some() {
            return tokens;
        }
        let told = match self.told(values, &tokens).await {
            Ok(end) => end,
            Err(error) => {
                tracing::warn!(client = %self.client.name, %error, "the end of a token could not be asked for");
                None
            }
        };
        let expires_at = told.or_else(|| response.usual_end(tokens.received_at));
        Tokens { expires_at, ..tokens }
    }

    /// Authenticated as at the token endpoint. `None`: the server says no end, or the lease ran out meanwhile.
    async fn told(&self, values: &Values, tokens: &Tokens) -> Result<Option<Timestamp>, Error> {
        let definition = &self.client.definition;
        let url = definition.introspect.url.as_deref().unwrap_or_default();
        if self.writer.is_some_and(|writer| !writer.may_ask()) {
            return Ok(None);
        }
        let mut values = values.clone();
        tokens.fill(&mut values);
        let url = template::render_url(url, &values)?;
        let values = values.with("token", tokens.access_token.expose()).with("token_type_hint", "access_token");
        let exchange = Exchange { place: AuthPlace::Token, ..*self };
        exchange
            .ask(
                |definition, who| token_request::introspection(definition, url.as_str(), values.clone(), who),
                |answer, who| {
                    let secrets: Vec<_> = tokens.secrets().chain(who.secrets()).collect();
                    match inspection::end(answer) {
                        Some(end) => Ok(Some(end)),
                        // Read for an error, which may call for another way to authenticate.
                        None => exchange.read(answer, &secrets).map(|_| None).or_else(|error| match error {
                            Error::NoAccessToken(_) => Ok(None),
                            error => Err(error),
                        }),
                    }
                },
            )
            .await
    }
}
