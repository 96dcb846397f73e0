//! From an issuer or an API's URL that a person pasted to the metadata of its authorization server.

mod api;

use crate::{
    authorization_server::{self, Network},
    oauth::{
        issuer::{BadIssuer, Issuer},
        metadata::{BadMetadata, Chosen, Metadata, definition_facts_for},
        outgoing::Outgoing,
        resource_metadata::{BadResourceMetadata, ResourceMetadata},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use url::Url;

/// What a pasted URL led to.
#[derive(Clone, Debug)]
pub struct Found {
    pub metadata: Metadata,
    /// The API that named the authorization server; `None` when that was pasted itself.
    pub resource: Option<ResourceMetadata>,
}

impl Found {
    /// The beginning of a client definition.
    pub fn facts(&self) -> Value {
        self.facts_for(&Chosen::default())
    }

    /// The same for who has chosen something already.
    pub fn facts_for(&self, chosen: &Chosen) -> Value {
        let mut facts = definition_facts_for(&self.metadata, chosen);
        if let Some(resource) = &self.resource {
            resource.add_to(&mut facts);
        }
        facts
    }

    /// Where it was found, for people: the issuer, and how it came to that one.
    pub fn origin(&self) -> String {
        let issuer = &self.metadata.issuer;
        match self.resource.as_ref().map(|api| (&api.resource, api.authorization_servers.get(1..).unwrap_or_default()))
        {
            None => issuer.clone(),
            Some((api, [])) => format!("{issuer}, the authorization server of {api}"),
            Some((api, others)) => {
                format!("{issuer}, the first authorization server that {api} names (the others: {})", others.join(", "))
            }
        }
    }
}

/// The same as a program passes it on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct Discovered {
    /// For people: the issuer, and how it was come to.
    pub origin: String,
    /// The beginning of a definition.
    #[cfg_attr(feature = "program", schema(value_type = Object))]
    pub definition: Value,
}

impl Discovered {
    pub fn of(found: &Found, chosen: &Chosen) -> Self {
        Self { origin: found.origin(), definition: found.facts_for(chosen) }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    #[error(transparent)]
    Issuer(#[from] BadIssuer),
    /// Nothing was answered; the other well-known URLs, at the same host, were not tried.
    #[error(transparent)]
    Unreachable(authorization_server::Error),
    #[error("{issuer} publishes no usable metadata. {}. Check the issuer, or enter the endpoints by hand", list(.attempts))]
    NothingFound { issuer: String, attempts: Vec<Attempt> },
    #[error("{api} names {issuer} as its authorization server, but {source}")]
    OfApi { api: String, issuer: String, source: Box<DiscoverError> },
}

/// One well-known URL and what it gave.
#[derive(Debug)]
pub struct Attempt {
    pub url: Url,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    /// An HTTP status other than 200.
    Status(u16),
    Unusable(BadMetadata),
    UnusableResource(BadResourceMetadata),
    /// Redirected, cut for its size, or broken off.
    Failed(authorization_server::Error),
}

/// From the URL of an authorization server, or of an API that names one (RFC 9728).
pub async fn find(network: &Network, text: &str) -> Result<Found, DiscoverError> {
    let error = match discover(network, text).await {
        Ok(metadata) => return Ok(Found { metadata, resource: None }),
        Err(error @ (DiscoverError::NothingFound { .. } | DiscoverError::Issuer(BadIssuer::QueryOrFragment))) => error,
        Err(error) => return Err(error),
    };
    match api::resource(network, text).await {
        Ok(resource) => api::server_of(network, resource).await,
        Err(attempts) => Err(error.after(attempts)),
    }
}

/// Tries the well-known URLs of the issuer in order and returns the first usable document. `text` may lack its scheme,
/// or be a well-known URL itself.
pub async fn discover(network: &Network, text: &str) -> Result<Metadata, DiscoverError> {
    let issuer = Issuer::parse(text)?;
    let mut attempts = Vec::new();
    for url in issuer.well_known_urls() {
        let outcome = match network.send(Outgoing::get(url.clone())).await {
            Ok(answer) if answer.status == 200 => match Metadata::parse(answer.body.expose(), &issuer) {
                Ok(metadata) => return Ok(metadata),
                Err(bad) => Outcome::Unusable(bad),
            },
            Ok(answer) => Outcome::Status(answer.status),
            Err(error) if is_final(&error) => return Err(DiscoverError::Unreachable(error)),
            Err(error) => Outcome::Failed(error),
        };
        attempts.push(Attempt { url, outcome });
    }
    Err(DiscoverError::NothingFound { issuer: issuer.as_str().to_owned(), attempts })
}

impl DiscoverError {
    /// The same, with what else was tried.
    fn after(self, more: Vec<Attempt>) -> Self {
        match self {
            Self::NothingFound { issuer, mut attempts } => {
                attempts.extend(more);
                Self::NothingFound { issuer, attempts }
            }
            other => other,
        }
    }
}

/// Whether the host itself is the obstacle, so that another path there would only cost time.
fn is_final(error: &authorization_server::Error) -> bool {
    !error.may_have_been_received() || matches!(error, authorization_server::Error::TimedOut { .. })
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Status(status) => write!(f, "{} answered {status}", self.url),
            Outcome::Unusable(bad) => write!(f, "{} was read, but {bad}", self.url),
            Outcome::UnusableResource(bad) => write!(f, "{} was read, but {bad}", self.url),
            Outcome::Failed(error) => write!(f, "{} failed: {error}", self.url),
        }
    }
}

fn list(attempts: &[Attempt]) -> String {
    attempts.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; ")
}
