//! OAuth Client Helper: define an OAuth client once, authorize it, and have a fresh token from then on.

pub mod oauth;
pub mod registry;
pub mod store;
