//! What a client shows to its authorization server, taken from wherever its secrets are.

use super::Error;
use crate::app::Parts;
use crate::oauth::assertion::{self, NoAssertion};
use crate::oauth::client_assertion::ClientAssertion;
use crate::oauth::definition::{Audience, AuthMethod, Definition};
use crate::oauth::outgoing::TlsIdentity;
use crate::oauth::secret::Secret;
use crate::oauth::signing_key::SigningKey;
use crate::oauth::template::{self, Values};
use crate::oauth::token_request::Credentials;
use crate::registry::Client;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

impl Parts {
    /// Names the definition with the secrets that it points to as they are now, and tells neither.
    pub fn tried_with(&self, client: &Client) -> String {
        let secrets = [self.registry.secret(client), self.registry.private_key(client)];
        let mut digest = Sha256::new_with_prefix(client.version().to_string());
        for secret in secrets.into_iter().flatten().flatten() {
            digest.update(Sha256::digest(secret.expose()));
        }
        URL_SAFE_NO_PAD.encode(digest.finalize())
    }

    /// For one request: a signed statement must not be sent twice.
    pub fn credentials(&self, client: &Client) -> Result<Credentials, Error> {
        let definition = &client.definition;
        let client_secret = self.registry.secret(client)?;
        let missing = || Error::NoKey(client.name.clone());
        let key = if definition.authenticates_with(AuthMethod::PrivateKeyJwt) {
            Some(self.signing_key(client)?.ok_or_else(missing)?)
        } else if definition.authenticates_with(AuthMethod::ClientSecretJwt) {
            Some(SigningKey::shared(client_secret.as_ref().ok_or_else(missing)?))
        } else {
            None
        };
        let grant_assertion = match definition.makes_assertions() {
            true => Some(self.grant_assertion(client)?),
            false => None,
        };
        Ok(Credentials {
            grant_assertion,
            client_id: definition.client_id.clone(),
            assertion: key.map(|key| self.assertion(definition, &key)).transpose()?,
            identity: self.tls_identity(client)?,
            client_secret,
        })
    }

    /// The key that the client signs with; `None`: it has none yet.
    pub fn signing_key(&self, client: &Client) -> Result<Option<SigningKey>, Error> {
        let text = self.registry.private_key(client)?;
        Ok(text.map(|text| SigningKey::parse(&text)).transpose()?)
    }

    /// The certificate that the client shows, with its key; `None`: the server does not want one.
    pub fn tls_identity(&self, client: &Client) -> Result<Option<TlsIdentity>, Error> {
        if !client.definition.authenticates_with(AuthMethod::TlsClientAuth) {
            return Ok(None);
        }
        match (client.definition.token.auth.certificate.clone(), self.registry.private_key(client)?) {
            (Some(certificate), Some(private_key)) => Ok(Some(TlsIdentity { certificate, private_key })),
            _ => Err(Error::NoKey(client.name.clone())),
        }
    }

    /// What a JWT bearer grant is asked for with.
    fn grant_assertion(&self, client: &Client) -> Result<Secret, Error> {
        let (definition, now, id) = (&client.definition, self.now(), self.random_text());
        let key = self.signing_key(client)?.ok_or_else(|| Error::NoKey(client.name.clone()))?;
        let values = definition.values(&self.redirect_uri(definition), now, &id);
        let audience = self.audience(definition, &values)?;
        assertion::sign(definition, &values, (&audience, &id, now), &key).map_err(unsigned)
    }

    /// The issuer when it is known and nothing else was chosen, else the token endpoint.
    fn audience(&self, definition: &Definition, values: &Values) -> Result<String, Error> {
        let wanted = definition.token.auth.audience == Audience::Issuer;
        match definition.issuer.as_ref().filter(|_| wanted) {
            Some(issuer) => Ok(issuer.clone()),
            None => Ok(template::render_url(&definition.token.url, values)?.into()),
        }
    }

    /// A statement addressed to this server alone.
    fn assertion(&self, definition: &Definition, key: &SigningKey) -> Result<Secret, Error> {
        let (auth, now, id) = (&definition.token.auth, self.now(), self.random_text());
        let values = definition.values(&self.redirect_uri(definition), now, &id);
        let audience = self.audience(definition, &values)?;
        let said = ClientAssertion { client_id: &definition.client_id, audience: &audience, id: &id, now };
        said.sign(key, auth, &values).map_err(unsigned)
    }
}

fn unsigned(error: NoAssertion) -> Error {
    match error {
        NoAssertion::Key(bad) => bad.into(),
        NoAssertion::Template(bad) => bad.into(),
    }
}
