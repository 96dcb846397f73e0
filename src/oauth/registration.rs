//! Dynamic client registration (RFC 7591); `management` is what comes after (RFC 7592).

pub mod management;

use super::definition::{Auth, AuthMethod, Definition, GrantType};
use super::metadata::Metadata;
use super::outgoing::{Body, Outgoing};
use super::secret::{self, Secret};
use super::timestamp::Timestamp;
use super::token_response::ErrorAnswer;
use serde_json::{Map, Value, json};
use url::{Host, Url};

/// Methods that need nothing but what a registration answers, the preferred one first.
const METHODS: [(&str, AuthMethod); 3] =
    [("client_secret_basic", AuthMethod::Basic), ("client_secret_post", AuthMethod::Post), ("none", AuthMethod::None)];

/// What the authorization server gave.
#[derive(Clone, Debug)]
pub struct Registered {
    pub client_id: String,
    pub client_secret: Option<Secret>,
    /// As the server decided, whatever was asked for.
    pub auth: AuthMethod,
    /// How to change or end the registration.
    pub management: Option<Management>,
    /// What is not as it was asked for, each a sentence for the user.
    pub warnings: Vec<String>,
}

/// RFC 7592 §3.
#[derive(Clone, Debug)]
pub struct Management {
    pub uri: Url,
    pub access_token: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRegistration {
    #[error("{issuer} offers no registration to programs: register the app on its web pages, and enter the client ID")]
    NotOffered { issuer: String },
    #[error(
        "{issuer} authenticates clients only by {offered}, which a registration cannot ask for: register the app on its web pages"
    )]
    NoMethod { issuer: String, offered: String },
    #[error("the answer to the registration is not a JSON object")]
    NotJson,
    #[error("the answer to the registration has no usable client ID")]
    NoClientId,
    #[error("the answer to the registration has no client secret, although the client is to authenticate with one")]
    NoSecret,
    #[error("the server registered the client with the authentication method \"{0}\", which was not asked for")]
    OtherMethod(String),
    /// No right to register (RFC 7591 §3).
    #[error("{0} registers only who brings an initial access token: its operator hands them out")]
    NeedsToken(String),
    #[error("the server refused the registration: {0}")]
    Refused(ErrorAnswer),
    /// RFC 7592 §2.1: it is gone, or the token for it is over.
    #[error(
        "the server no longer lets this program see the registration (it answered {status}): look at the app on its own pages, \
         or register again"
    )]
    Unknown { status: u16 },
    #[error("the server answered with the registration of another client: {0}")]
    OtherClient(String),
}

/// The registration request (RFC 7591 §3.1) for a definition that has no client ID yet.
pub fn request(
    metadata: &Metadata,
    definition: &Definition,
    client_name: &str,
    redirect_uri: &str,
    initial_access_token: Option<&Secret>,
) -> Result<Outgoing, BadRegistration> {
    let not_offered = || BadRegistration::NotOffered { issuer: metadata.issuer.clone() };
    let endpoint = metadata.registration_endpoint.clone().ok_or_else(not_offered)?;
    let mut asked = json!({
        "client_name": client_name,
        "grant_types": grant_types(metadata, &definition.grant),
        "token_endpoint_auth_method": method(metadata, &definition.token.auth)?,
    });
    if definition.grant == GrantType::AuthorizationCode {
        asked["redirect_uris"] = json!([redirect_uri]);
        asked["response_types"] = json!(["code"]);
        asked["application_type"] = json!(application_type(redirect_uri));
    } else {
        asked["response_types"] = json!([]);
    }
    if !definition.scopes.is_empty() {
        asked["scope"] = json!(definition.scopes.join(" "));
    }
    let request = Outgoing::post(endpoint, Body::json(&asked));
    Ok(match initial_access_token {
        Some(token) => request.header("Authorization", bearer(token)),
        None => request,
    })
}

fn bearer(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.expose()))
}

/// With the refresh token where the server does not rule it out: some refuse what they do not list.
fn grant_types(metadata: &Metadata, grant: &GrantType) -> Vec<String> {
    let own = grant_type(grant);
    let listed = |name: &str| metadata.grant_types_supported.as_ref().is_none_or(|all| all.iter().any(|g| g == name));
    let refresh = *grant != GrantType::ClientCredentials && listed("refresh_token");
    [own].into_iter().chain(refresh.then_some("refresh_token")).map(str::to_owned).collect()
}

fn grant_type(grant: &GrantType) -> &str {
    match grant {
        GrantType::DeviceCode => GrantType::DEVICE_CODE,
        other => other.as_str(),
    }
}

/// What the definition asks for, or else the best that the server lists. Nothing listed means `client_secret_basic`
/// (RFC 8414 §2).
fn method(metadata: &Metadata, wanted: &Auth) -> Result<&'static str, BadRegistration> {
    let Some(offered) = &metadata.token_endpoint_auth_methods_supported else { return Ok(METHODS[0].0) };
    let served: Vec<_> = METHODS.into_iter().filter(|(name, _)| offered.iter().any(|offer| offer == name)).collect();
    let chosen = served.iter().find(|(_, method)| *method == wanted.method).or(served.first());
    chosen.map(|(name, _)| *name).ok_or_else(|| BadRegistration::NoMethod {
        issuer: metadata.issuer.clone(),
        offered: shown(&offered.join(", ")),
    })
}

/// OpenID Connect Registration §2: only native apps come back to this machine over plain http.
fn application_type(redirect_uri: &str) -> &'static str {
    let local = Url::parse(redirect_uri).is_ok_and(|url| {
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        url.scheme() == "http" && loopback
    });
    if local { "native" } else { "web" }
}

/// The answer to `request` (RFC 7591 §3.2). The server may have replaced anything: what matters is told.
pub fn read(
    status: u16,
    body: &[u8],
    metadata: &Metadata,
    redirect_uri: Option<&str>,
    token: Option<&Secret>,
) -> Result<Registered, BadRegistration> {
    let json: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    if !(200..300).contains(&status) {
        return Err(refusal(status, json.unwrap_or_default(), metadata, token));
    }
    let answer = json.ok_or(BadRegistration::NotJson)?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let method = text("token_endpoint_auth_method").unwrap_or(METHODS[0].0);
    let auth = METHODS.iter().find(|(name, _)| *name == method).map(|(_, auth)| *auth);
    let auth = auth.ok_or_else(|| BadRegistration::OtherMethod(shown(method)))?;
    let client_id =
        text("client_id").filter(|id| !id.chars().any(char::is_control)).ok_or(BadRegistration::NoClientId)?;
    let client_secret = text("client_secret").filter(|_| auth != AuthMethod::None).map(Secret::new);
    if client_secret.is_none() && auth != AuthMethod::None {
        return Err(BadRegistration::NoSecret);
    }
    let management = management(text("registration_client_uri"), text("registration_access_token"), metadata);
    let warnings = [
        redirect_uri.and_then(|own| other_redirect(&answer, own)),
        client_secret.as_ref().and_then(|_| expiry(&answer)),
    ];
    Ok(Registered {
        client_id: client_id.to_owned(),
        client_secret,
        auth,
        management,
        warnings: warnings.into_iter().flatten().collect(),
    })
}

fn refusal(status: u16, answer: Map<String, Value>, metadata: &Metadata, token: Option<&Secret>) -> BadRegistration {
    if matches!(status, 401 | 403) && token.is_none() {
        return BadRegistration::NeedsToken(metadata.issuer.clone());
    }
    refused(status, &answer, &token.into_iter().collect::<Vec<_>>())
}

fn refused(status: u16, answer: &Map<String, Value>, secrets: &[&Secret]) -> BadRegistration {
    let text = |name: &str| Some(secret::struck_out(answer.get(name)?.as_str()?.to_owned(), secrets));
    BadRegistration::Refused(ErrorAnswer::new(status, text("error"), text("error_description"), None))
}

/// The token is sent there one day, so a place at another origin than the registration's own is not believed: it could
/// be any host that this machine can reach.
fn management(uri: Option<&str>, token: Option<&str>, metadata: &Metadata) -> Option<Management> {
    let (uri, access_token) = (Url::parse(uri?).ok()?, Secret::new(token?));
    let own = metadata.registration_endpoint.as_ref()?.origin() == uri.origin();
    let plain = uri.username().is_empty() && uri.password().is_none() && uri.fragment().is_none();
    (own && plain).then_some(Management { uri, access_token })
}

fn other_redirect(answer: &Map<String, Value>, own: &str) -> Option<String> {
    let registered: Vec<&str> = answer.get("redirect_uris")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let said = if registered.is_empty() { "none".to_owned() } else { shown(&registered.join(", ")) };
    (!registered.contains(&own)).then(|| format!("The server registered another redirect URI than {own}: {said}."))
}

/// Zero means never (RFC 7591 §3.2.1).
fn expiry(answer: &Map<String, Value>) -> Option<String> {
    let end = answer.get("client_secret_expires_at")?.as_i64().filter(|end| *end > 0)?;
    Some(format!("The client secret ends at {}: register again before.", Timestamp(end).rfc3339()))
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests;
