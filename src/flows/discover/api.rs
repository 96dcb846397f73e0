//! From the URL of an API to the authorization server that it trusts.

use super::{Attempt, DiscoverError, Found, Outcome, discover};
use crate::authorization_server::Network;
use crate::oauth::outgoing::Outgoing;
use crate::oauth::resource_metadata::{ApiUrl, ResourceMetadata, SpeaksFor};
use url::Url;

/// Asks the API once without a token, which tells where its metadata is (RFC 9728 §5), and else looks where it should be.
pub async fn resource(network: &Network, text: &str) -> Result<ResourceMetadata, Vec<Attempt>> {
    let Some(api) = ApiUrl::parse(text) else { return Err(Vec::new()) };
    let mut attempts = Vec::new();
    let mut places = Vec::new();
    match named(network, &api).await {
        Ok(place) => places.push(place),
        Err(outcome) => attempts.push(Attempt { url: api.url().clone(), outcome }),
    }
    // What the API names is its word; its well-known addresses are asked only when it names nothing.
    if places.is_empty() {
        places = api.well_known();
    }
    for (url, speaks_for) in places {
        match read(network, &url, &speaks_for).await {
            Ok(metadata) => return Ok(metadata),
            Err(outcome) => attempts.push(Attempt { url, outcome }),
        }
    }
    Err(attempts)
}

async fn named(network: &Network, api: &ApiUrl) -> Result<(Url, SpeaksFor), Outcome> {
    let answer = network.send(Outgoing::get(api.url().clone())).await.map_err(Outcome::Failed)?;
    let place = answer.www_authenticate.as_deref().filter(|_| answer.status == 401).and_then(|text| api.named_by(text));
    place.ok_or(Outcome::Status(answer.status))
}

async fn read(network: &Network, url: &Url, speaks_for: &SpeaksFor) -> Result<ResourceMetadata, Outcome> {
    let answer = network.send(Outgoing::get(url.clone())).await.map_err(Outcome::Failed)?;
    match answer.status {
        200 => ResourceMetadata::parse(answer.body.expose(), speaks_for).map_err(Outcome::UnusableResource),
        status => Err(Outcome::Status(status)),
    }
}

/// The first server is the one that the API prefers.
pub async fn server_of(network: &Network, resource: ResourceMetadata) -> Result<Found, DiscoverError> {
    let issuer = resource.authorization_servers.first().cloned().unwrap_or_default();
    match discover(network, &issuer).await {
        Ok(metadata) => Ok(Found { metadata, resource: Some(resource) }),
        Err(source) => Err(DiscoverError::OfApi { api: resource.resource, issuer, source: Box::new(source) }),
    }
}
