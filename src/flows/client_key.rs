//! The client's own key: made on request, its public half shown, its private half never.

use super::{Error, clients};
use crate::app::App;
use crate::oauth::definition::{AuthMethod, Definition, SecretSource};
use crate::oauth::jwk::Algorithm;
use crate::oauth::name::ClientName;
use crate::oauth::signing_key::SigningKey;
use crate::registry::Client;
use serde_json::{Value, json};

/// Makes a key, keeps it sealed, and lets the client authenticate with it (`private_key_jwt`) where it does not sign the
/// assertions of its grant with it. A key that is there is
/// replaced.
pub async fn generate(app: &App, name: &ClientName, alg: Algorithm) -> Result<Client, Error> {
    let client = app.client(name).await?;
    let text = SigningKey::generate(alg)?;
    let key = SigningKey::parse(&text)?;
    let mut definition = Definition::clone(&client.definition);
    let authenticates = !definition.makes_assertions();
    let auth = &mut definition.token.auth;
    if authenticates {
        auth.method = AuthMethod::PrivateKeyJwt;
    }
    auth.alg = Some(alg);
    auth.kid = key.public().map(|public| public.thumbprint());
    auth.private_key = Some(SecretSource::Plain(text));
    clients::update(app, name, name.clone(), definition, Some(&client.version())).await
}

/// The public half as a JWK Set (RFC 7517 §5), to be registered at the authorization server. `None`: the client does not
/// sign with a key, or has none yet.
pub fn public_jwks(app: &App, client: &Client) -> Result<Option<Value>, Error> {
    let auth = &client.definition.token.auth;
    if !client.definition.signs_with_its_key() {
        return Ok(None);
    }
    let Some(key) = app.signing_key(client)? else { return Ok(None) };
    let Some(public) = key.public() else { return Ok(None) };
    let mut jwk = public.to_jwk();
    jwk.insert("use".to_owned(), "sig".into());
    jwk.insert("alg".to_owned(), json!(auth.alg.unwrap_or(key.usual_algorithm())));
    if let Some(kid) = auth.kid.as_deref().or(key.kid()) {
        jwk.insert("kid".to_owned(), kid.into());
    }
    Ok(Some(json!({"keys": [jwk]})))
}

/// The same for whoever needs one.
///
/// # Errors
/// [`Error::NoKey`] where there is none.
pub async fn public_half(app: &App, name: &ClientName) -> Result<Value, Error> {
    public_jwks(app, &app.client(name).await?)?.ok_or_else(|| Error::NoKey(name.clone()))
}
