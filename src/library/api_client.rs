//! Requests to the API of one client.

use super::{Error, Request};
use crate::flows::installation::Installation;
use crate::oauth::name::GrantName;
use std::fmt;

/// The API of one client, and one account of it.
///
/// Each request carries the token where the definition wants it (`api.token_in`, `api.name`, `api.template`) and the headers
/// of the definition. The token is refreshed first when less than a minute of it is left. After a 401 it is refreshed and
/// the request sent once more.
///
/// Where a request goes is a path below the definition's `api.base_url`, or a whole URL below it; nothing leaves it, no redirect is
/// followed, and the address policy of the settings holds.
#[derive(Clone)]
pub struct ApiClient {
    installation: Installation,
    name: GrantName,
}

impl ApiClient {
    pub(super) fn new(installation: Installation, name: GrantName) -> Self {
        Self { installation, name }
    }

    /// `client`, or `client@account`.
    pub fn name(&self) -> String {
        self.name.to_string()
    }

    /// A request that is sent once it is awaited. `target`: percent-encoded, such as `/me?fields=name`, or a whole URL.
    pub fn get(&self, target: &str) -> Request {
        self.request("GET", target)
    }

    pub fn post(&self, target: &str) -> Request {
        self.request("POST", target)
    }

    pub fn put(&self, target: &str) -> Request {
        self.request("PUT", target)
    }

    pub fn patch(&self, target: &str) -> Request {
        self.request("PATCH", target)
    }

    pub fn delete(&self, target: &str) -> Request {
        self.request("DELETE", target)
    }

    /// Any method. A server passes on GET, HEAD, OPTIONS, POST, PUT, PATCH and DELETE.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.clone(), method, target)
    }

    pub(super) async fn send(&self, request: crate::flows::installation::ToApi<'_>) -> Result<super::Response, Error> {
        Ok(super::Response::new(self.installation.send(&self.name, request).await?))
    }
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").field("name", &self.name()).finish_non_exhaustive()
    }
}
