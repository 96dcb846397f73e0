//! The token request: code exchange (RFC 6749 §4.1.3), refresh (§6) and the other grants, laid out as the
//! definition says.

use super::authorization_request::{filled_in, with_query};
use super::client_assertion;
use super::definition::{
    Auth, AuthMethod, BasicEncoding, BodyFormat, Definition, GrantType, HttpMethod, Overlay, RefreshInput, Signer,
};
use super::outgoing::{Body, Method, Outgoing, TlsIdentity};
use super::secret::Secret;
use super::template::{self, TemplateError, Values};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Who asks, for one request: the proofs in it serve once.
#[derive(Debug, Default)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: Option<Secret>,
    /// The signed statement of `client_secret_jwt` and `private_key_jwt`.
    pub assertion: Option<Secret>,
    /// The assertion of a JWT bearer grant.
    pub grant_assertion: Option<Secret>,
    /// The certificate of `tls_client_auth`.
    pub identity: Option<TlsIdentity>,
}

impl Credentials {
    /// What is struck out of whatever the server says.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.client_secret.iter().chain(&self.assertion).chain(&self.grant_assertion)
    }
}

type Parameters = Vec<(&'static str, &'static str)>;

/// The shape of one request to the token endpoint.
struct Shape<'d> {
    url: &'d str,
    method: HttpMethod,
    auth: &'d Auth,
    body: BodyFormat,
    params: &'d Overlay,
    headers: &'d BTreeMap<String, String>,
    signer: Option<&'d Signer>,
}

/// Exchanges an authorization code. `values` hold `code`, `code_verifier` and `redirect_uri` besides the common ones.
pub fn exchange(definition: &Definition, values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
    let mut base = vec![("grant_type", "authorization_code"), ("code", "{code}"), ("redirect_uri", "{redirect_uri}")];
    if values.has("code_verifier") {
        base.push(("code_verifier", "{code_verifier}"));
    }
    at_token_endpoint(definition).request(base, values, who)
}

/// Asks without a person: client credentials (RFC 6749 §4.4), or any grant whose URI the definition names (§4.5).
pub fn unattended(definition: &Definition, values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
    let mut base = vec![("grant_type", "{grant_type}")];
    let mut values = values.with("grant_type", definition.grant.as_str());
    if definition.grant.as_str() == GrantType::TOKEN_EXCHANGE {
        base.push(("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"));
    }
    if definition.makes_assertions() {
        base.push(("assertion", "{assertion}"));
        values.set("assertion", who.grant_assertion.as_ref().map_or("", Secret::expose));
    } else {
        base.extend(scope(definition));
    }
    at_token_endpoint(definition).request(base, values, who)
}

/// Asks for a code that is typed on another device (RFC 8628 §3.1), authenticated as at the token endpoint.
pub fn device_authorization(
    definition: &Definition,
    values: Values,
    who: &Credentials,
) -> Result<Outgoing, TemplateError> {
    let device = &definition.device;
    let shape = Shape {
        url: device.url.as_deref().unwrap_or_default(),
        method: HttpMethod::Post,
        body: BodyFormat::Form,
        params: &device.params,
        signer: None,
        ..at_token_endpoint(definition)
    };
    shape.request(scope(definition), values, who)
}

/// Asks whether somebody typed the code (RFC 8628 §3.4). `values` hold `device_code` besides the common ones.
pub fn device_token(definition: &Definition, values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
    let base = vec![("grant_type", GrantType::DEVICE_CODE), ("device_code", "{device_code}")];
    at_token_endpoint(definition).request(base, values, who)
}

/// Hands a person's password over (RFC 6749 §4.3.2). `values` hold `username` and `password` besides the common ones.
pub fn password(definition: &Definition, values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
    let mut base = vec![("grant_type", "password"), ("username", "{username}"), ("password", "{password}")];
    base.extend(scope(definition));
    at_token_endpoint(definition).request(base, values, who)
}

fn scope(definition: &Definition) -> Parameters {
    if definition.scopes.is_empty() { Vec::new() } else { vec![("scope", "{scope}")] }
}

/// Refreshes. `values` hold `refresh_token` and `access_token` besides the common ones.
pub fn refresh(definition: &Definition, values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
    let (token, refresh) = (&definition.token, &definition.refresh);
    let input = match refresh.input {
        RefreshInput::RefreshToken => vec![("refresh_token", "{refresh_token}")],
        RefreshInput::AccessToken => vec![("access_token", "{access_token}")],
        RefreshInput::None => vec![],
    };
    let shape = Shape {
        url: refresh.url.as_deref().unwrap_or(&token.url),
        method: refresh.method.unwrap_or(token.method),
        auth: refresh.auth.as_ref().unwrap_or(&token.auth),
        body: refresh.body.unwrap_or(token.body),
        params: &refresh.params,
        headers: refresh.headers.as_ref().unwrap_or(&token.headers),
        signer: Some(&definition.signer),
    };
    let base = std::iter::once(("grant_type", "refresh_token")).chain(input).collect();
    shape.request(base, values, who)
}

/// Asks for the token that counts, with the one just received. `values` hold `access_token` and `refresh_token` besides
/// the common ones.
pub fn upgrade(definition: &Definition, values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
    let (token, upgrade) = (&definition.token, &definition.upgrade);
    let shape = Shape {
        url: upgrade.url.as_deref().unwrap_or_default(),
        method: upgrade.method,
        auth: upgrade.auth.as_ref().unwrap_or(&token.auth),
        body: upgrade.body,
        params: &upgrade.params,
        headers: &upgrade.headers,
        signer: None,
    };
    shape.request(vec![("access_token", "{access_token}")], values, who)
}

/// Revokes `token` at `url` (RFC 7009 §2.1), authenticated as at the token endpoint.
pub fn revocation(
    definition: &Definition,
    url: &str,
    values: Values,
    who: &Credentials,
) -> Result<Outgoing, TemplateError> {
    about_token(definition, url, &definition.revoke.params, values, who)
}

/// Asks `url` what `token` is good for (RFC 7662 §2.1), authenticated as at the token endpoint.
pub fn introspection(
    definition: &Definition,
    url: &str,
    values: Values,
    who: &Credentials,
) -> Result<Outgoing, TemplateError> {
    about_token(definition, url, &definition.introspect.params, values, who)
}

fn about_token(
    definition: &Definition,
    url: &str,
    params: &Overlay,
    values: Values,
    who: &Credentials,
) -> Result<Outgoing, TemplateError> {
    let shape = Shape {
        url,
        method: HttpMethod::Post,
        body: BodyFormat::Form,
        params,
        signer: None,
        ..at_token_endpoint(definition)
    };
    shape.request(vec![("token", "{token}"), ("token_type_hint", "{token_type_hint}")], values, who)
}

fn at_token_endpoint(definition: &Definition) -> Shape<'_> {
    let token = &definition.token;
    Shape {
        url: &token.url,
        method: token.method,
        auth: &token.auth,
        body: token.body,
        params: &token.params,
        headers: &token.headers,
        signer: Some(&definition.signer),
    }
}

impl Shape<'_> {
    fn request(&self, mut base: Parameters, mut values: Values, who: &Credentials) -> Result<Outgoing, TemplateError> {
        let secret = who.client_secret.as_ref().filter(|secret| !secret.is_empty());
        values.set("client_secret", secret.map_or("", Secret::expose));
        let mut headers = vec![("Accept".to_owned(), Secret::new("application/json"))];
        match (self.auth.method, secret) {
            (AuthMethod::Basic, _) => headers.push(("Authorization".to_owned(), basic(self.auth, &values)?)),
            (AuthMethod::Auto | AuthMethod::Post, Some(_)) => {
                base.extend([("client_id", "{client_id}"), ("client_secret", "{client_secret}")]);
            }
            (AuthMethod::ClientSecretJwt | AuthMethod::PrivateKeyJwt, _) => {
                base.extend([
                    ("client_id", "{client_id}"),
                    ("client_assertion_type", client_assertion::TYPE),
                    ("client_assertion", "{client_assertion}"),
                ]);
                values.set("client_assertion", who.assertion.as_ref().map_or("", Secret::expose));
            }
            _ => base.push(("client_id", "{client_id}")),
        }
        let identity = who.identity.clone().filter(|_| self.auth.method == AuthMethod::TlsClientAuth);
        for (name, template) in self.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), Secret::new(template::render(template, &values)?)));
        }
        let mut pairs = filled_in(self.params, &base, &values)?;
        let url = template::render_url(self.url, &values)?;
        if let Some(signer) = self.signer {
            pairs.extend(signer.parameter(&pairs, url.path(), &values)?);
        }
        let request = match (self.method, self.body) {
            (HttpMethod::Get, _) => Outgoing { headers, identity, ..Outgoing::get(with_query(url, &pairs, &[], None)) },
            (HttpMethod::Post, BodyFormat::Query) => {
                let url = with_query(url, &pairs, &[], None);
                Outgoing { method: Method::Post, headers, identity, ..Outgoing::get(url) }
            }
            (HttpMethod::Post, BodyFormat::Form) => {
                let body = Body::form(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
                Outgoing { headers, identity, ..Outgoing::post(url, body) }
            }
            (HttpMethod::Post, BodyFormat::Json) => {
                let body: Map<String, Value> =
                    pairs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
                Outgoing { headers, identity, ..Outgoing::post(url, Body::json(&body.into())) }
            }
        };
        match self.signer {
            Some(signer) => signer.attach(request, &pairs, &values),
            None => Ok(request),
        }
    }
}

/// RFC 6749 §2.3.1: both halves are form-encoded before Base64, unless the server wants them raw.
fn basic(auth: &Auth, values: &Values) -> Result<Secret, TemplateError> {
    let half = |template: &str| {
        let text = template::render(template, values)?;
        Ok::<_, TemplateError>(match auth.encoding {
            BasicEncoding::Auto | BasicEncoding::Form => form_encoded(&text),
            BasicEncoding::Raw => text,
        })
    };
    // Who has a user of his own has a password of his own, or none.
    let usual = if auth.user.is_some() { "" } else { "{client_secret}" };
    let user = half(auth.user.as_deref().unwrap_or("{client_id}"))?;
    let password = half(auth.password.as_deref().unwrap_or(usual))?;
    Ok(Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))))
}

/// As in a form, without its name (RFC 6749 appendix B).
pub(super) fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests;
