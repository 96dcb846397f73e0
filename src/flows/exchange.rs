//! One request to a token endpoint and what its answer means.

use super::Error;
use crate::app::App;
use crate::oauth::outgoing::Outgoing;
use crate::oauth::secret::Secret;
use crate::oauth::token_response::{self, NoToken, TokenAnswer, Tokens};
use crate::registry::Client;

/// Sends `request` once. `secrets` are struck out of whatever the server says.
pub async fn send(app: &App, client: &Client, request: Outgoing, secrets: &[&Secret]) -> Result<Tokens, Error> {
    let answer =
        app.network.send(request).await.map_err(|source| Error::Unreachable { client: client.name.clone(), source })?;
    let answer = TokenAnswer {
        status: answer.status,
        content_type: answer.content_type.as_deref(),
        body: answer.body.expose(),
        received_at: app.now(),
    };
    token_response::read(&client.definition.response, &answer, secrets).map_err(|no_token| match no_token {
        NoToken::Refused(answer) => Error::refused(app, client, answer),
        NoToken::Missing => Error::NoAccessToken(client.name.clone()),
        NoToken::NotOAuth { status, content_type } => {
            Error::NotOAuth { client: client.name.clone(), status, content_type }
        }
    })
}
