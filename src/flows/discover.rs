//! From an issuer that a person typed to the metadata of its authorization server.

use crate::{
    authorization_server::{self, Network},
    oauth::{
        issuer::{BadIssuer, Issuer},
        metadata::{BadMetadata, Metadata},
        outgoing::Outgoing,
    },
};
use std::fmt;
use url::Url;

#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    #[error(transparent)]
    Issuer(#[from] BadIssuer),
    /// Nothing was answered; the other well-known URLs, at the same host, were not tried.
    #[error(transparent)]
    Unreachable(authorization_server::Error),
    #[error("{issuer} publishes no usable metadata. {}. Check the issuer, or enter the endpoints by hand", list(.attempts))]
    NothingFound { issuer: String, attempts: Vec<Attempt> },
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
    /// Redirected, cut for its size, or broken off.
    Failed(authorization_server::Error),
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

/// Whether the host itself is the obstacle, so that another path there would only cost time.
fn is_final(error: &authorization_server::Error) -> bool {
    !error.may_have_been_received() || matches!(error, authorization_server::Error::TimedOut { .. })
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Status(status) => write!(f, "{} answered {status}", self.url),
            Outcome::Unusable(bad) => write!(f, "{} was read, but {bad}", self.url),
            Outcome::Failed(error) => write!(f, "{} failed: {error}", self.url),
        }
    }
}

fn list(attempts: &[Attempt]) -> String {
    attempts.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; ")
}
