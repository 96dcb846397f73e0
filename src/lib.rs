//! Define an OAuth client once, authorize it, and have a fresh token from then on.
//!
//! This is what a Rust program uses of [OAuth Client Helper](https://crates.io/crates/oauth-client-helper). The program
//! `oauth-helper`, of the same crate, defines clients and authorizes them; see its README.
//!
//! A [`TokenStore`] is the clients and tokens of one installation, an [`ApiClient`] sends requests to the API of one client,
//! with a fresh token attached as its definition says:
//!
//! ```no_run
//! use oauth_client_helper::TokenStore;
//!
//! # async fn me() -> Result<(), oauth_client_helper::Error> {
//! let store = TokenStore::open().await?;
//! let music = store.client("music")?;
//!
//! let me: serde_json::Value = music.get("/me").await?.json().await?;
//! let made = music.post("/playlists").json(&serde_json::json!({"title": "Autumn"})).await?;
//! assert_eq!(made.status(), 201);
//! # Ok(()) }
//! ```
//!
//! [`TokenStore::open`] opens what the command line would use, by the same settings: the store on this machine, or the server
//! that `OAUTHCLIENT_SERVER` names. [`Options`] says it in the program instead. [`blocking`] is the same without `async`.
//!
//! Any number of programs, threads and servers may use one store at the same time: one of them refreshes.
//!
//! # Features
//!
//! `program` (on by default) is the web app and the command line. A program that embeds the library leaves it out:
//!
//! ```toml
//! [dependencies]
//! oauth-client-helper = { version = "0.1", default-features = false }
//! ```
//!
//! What is hidden from these pages belongs to the program, and may change at any time.

mod library;

/// The examples of docs/library.md.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
mod documentation {}

pub use flows::ErrorKind;
pub use library::{
    ApiClient, ClientInfo, Code, Error, NewTokens, Options, Request, Response, Status, Token, TokenStore, blocking,
};
pub use oauth::grant::GrantState;
pub use oauth::secret::Secret;

// In reading order; ARCHITECTURE.md tells what each is for.
#[doc(hidden)]
pub mod oauth;

#[doc(hidden)]
pub mod data_folder;
#[doc(hidden)]
pub mod files;
#[doc(hidden)]
pub mod hook;
#[doc(hidden)]
pub mod metrics;
#[doc(hidden)]
pub mod settings;

#[doc(hidden)]
pub mod authorization_server;
#[doc(hidden)]
pub mod presets;
#[doc(hidden)]
pub mod registry;
#[doc(hidden)]
pub mod remote;
#[doc(hidden)]
pub mod store;

#[doc(hidden)]
pub mod app;
#[doc(hidden)]
pub mod flows;

#[cfg(feature = "program")]
#[doc(hidden)]
pub mod certificates;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod logging;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod web;
