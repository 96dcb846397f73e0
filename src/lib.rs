//! OAuth Client Helper: define an OAuth client once, authorize it, and have a fresh token from then on.
//!
//! In reading order: [`oauth`] is the protocol as pure types; [`store`] and [`registry`] keep grants and client
//! definitions; [`presets`] knows well-known servers; [`authorization_server`] is the way out to the network,
//! [`remote`] to another installation; [`app`] wires them; [`flows`] is what the program
//! does; [`web`] and [`cli`] are its two faces.

pub mod oauth;

pub mod data_folder;
pub mod files;
pub mod hook;
pub mod metrics;
pub mod settings;

pub mod authorization_server;
pub mod presets;
pub mod registry;
pub mod remote;
pub mod store;

pub mod app;
pub mod flows;

#[cfg(feature = "program")]
pub mod certificates;
#[cfg(feature = "program")]
pub mod cli;
#[cfg(feature = "program")]
pub mod logging;
#[cfg(feature = "program")]
pub mod web;
