//! Authorizing a client with a person's help, whichever way its grant goes.

pub mod terminal;

use super::Error;
use super::authorization_code::{self, Binding, Started};
use super::device::{self, Waiting};
use super::published;
use crate::app::App;
use crate::oauth::definition::GrantType;
use crate::oauth::name::GrantName;

/// What is waited for now.
#[derive(Debug)]
pub enum Begun {
    /// The browser goes to the authorization server.
    Browser(Started),
    /// A code is typed on another device; the authorization's id comes with it.
    Device(String, Box<Waiting>),
    /// The person's user name and password: see [`super::password`].
    Password,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As the definition's grant says.
    AsDefined,
    /// On another device, where the definition says how, whatever its grant.
    Device,
}

impl Way {
    /// As in the HTTP API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Way::AsDefined => "as_defined",
            Way::Device => "device",
        }
    }

    /// From its name there.
    pub fn named(text: &str) -> Option<Self> {
        [Way::AsDefined, Way::Device].into_iter().find(|way| way.as_str() == text)
    }
}

/// Starts an authorization of `name`.
pub async fn begin(app: &App, name: &GrantName, binding: Binding, way: Way) -> Result<Begun, Error> {
    let client = app.client(&name.client).await?;
    let definition = &client.definition;
    if !definition.needs_resource_owner() {
        return Err(Error::NoResourceOwner(client.name));
    }
    published::check(app, &client)?;
    if way == Way::Device || definition.grant == GrantType::DeviceCode {
        let (id, waiting) = device::start(app, &client, name, binding).await?;
        return Ok(Begun::Device(id, Box::new(waiting)));
    }
    match definition.grant {
        GrantType::Password => Ok(Begun::Password),
        _ => Ok(Begun::Browser(authorization_code::start(app, name, binding).await?)),
    }
}
