//! The protocol as pure types and functions: no I/O, no clock, no randomness of its own.

pub mod auth_alternatives;
pub mod authorization_request;
pub mod authorization_response;
pub mod client_assertion;
pub mod definition;
pub mod device;
pub mod event;
pub mod grant;
pub mod grant_reference;
pub mod id_token;
pub mod inspection;
pub mod issuer;
pub mod jwk;
pub mod jwt;
pub mod metadata;
pub mod name;
pub mod outgoing;
pub mod pkce;
pub mod registration;
pub mod resource_metadata;
pub mod secret;
pub mod signing_key;
pub mod template;
pub mod timestamp;
pub mod token_request;
pub mod token_response;
