//! OAuth Client Helper: define an OAuth client once, authorize it, and have a fresh token from then on.

pub mod authorization_server;
pub mod flows;
pub mod oauth;
