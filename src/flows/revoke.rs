//! Giving a grant back (RFC 7009).

use super::{Error, events, grants};
use crate::app::App;
use crate::oauth::event::{Event, EventKind};
use crate::oauth::grant::Grant;
use crate::oauth::name::GrantName;
use crate::oauth::secret::{self, Secret};
use crate::oauth::token_request;
use crate::oauth::token_response::ErrorAnswer;
use crate::registry::Client;

/// Revokes at the server where the definition says how, then forgets the tokens here.
pub async fn revoke(app: &App, name: &GrantName) -> Result<(), Error> {
    let client = app.client(&name.client).await?;
    let found = grants::get(app, &client, &name.account).await?;
    let grant = found.ok_or_else(|| Error::NoGrant(name.clone()))?.value;
    at_server(app, &client, &grant).await?;
    grants::forget(app, name).await?;
    events::tell(app, grants::event(EventKind::Revoked, &grant, app.now())).await;
    Ok(())
}

/// The same, but the tokens go whatever the server says. What it said instead of yes, if anything.
pub async fn discard(app: &App, name: &GrantName) -> Result<Option<Error>, Error> {
    let refused = match revoke(app, name).await {
        Ok(()) => return Ok(None),
        Err(error @ (Error::Refused { .. } | Error::Unreachable { .. })) => Some(error),
        // Already gone is what was wanted.
        Err(Error::NoGrant(_)) => None,
        Err(error) => return Err(error),
    };
    let gone = grants::forget(app, name).await?;
    if refused.is_some() && gone {
        let event = Event::of_grant(EventKind::Revoked, name, app.now());
        events::tell(app, event.because("deleted here only: the authorization server did not take it back")).await;
    }
    Ok(refused)
}

/// Tells the server. The refresh token stands for the whole grant, so it goes first (RFC 7009 §2.1); a definition
/// without a revocation endpoint has nothing to tell.
pub(super) async fn at_server(app: &App, client: &Client, grant: &Grant) -> Result<(), Error> {
    let Some(url) = client.definition.revoke.url.as_deref().filter(|url| !url.is_empty()) else { return Ok(()) };
    let tokens = &grant.tokens;
    let (token, kind) = match &tokens.refresh_token {
        Some(token) => (token, "refresh_token"),
        None => (&tokens.access_token, "access_token"),
    };
    let definition = &client.definition;
    let values = definition
        .values(&app.redirect_uri(definition), app.now(), &app.random_text())
        .with("token", token.expose())
        .with("token_type_hint", kind);
    let credentials = app.credentials(client)?;
    let request = token_request::revocation(definition, url, values, &credentials)?;
    let unreachable = |source| Error::Unreachable { client: client.name.clone(), source };
    let answer = app.network.send(request).await.map_err(unreachable)?;
    match answer.status {
        200..=299 => Ok(()),
        status => Err(Error::refused(app, client, error_of(status, answer.body.expose(), token))),
    }
}

fn error_of(status: u16, body: &[u8], token: &Secret) -> ErrorAnswer {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| json.get(name)?.as_str().map(|text| secret::struck_out(text.to_owned(), &[token]));
    ErrorAnswer::new(status, text("error"), text("error_description"), None)
}
