//! OAuth Client Helper: define an OAuth client once, authorize it, and have a fresh token from then on.

pub mod certificates;
pub mod data_folder;
pub mod files;
pub mod logging;
pub mod oauth;
pub mod registry;
pub mod settings;
pub mod store;
