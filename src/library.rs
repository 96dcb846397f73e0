//! What a Rust program embeds. The crate's own page says how.

mod api_client;
pub mod blocking;
mod error;
mod options;
mod request;
mod response;
mod token_store;
mod values;

pub use api_client::ApiClient;
pub use error::Error;
pub use options::Options;
pub use request::Request;
pub use response::Response;
pub use token_store::TokenStore;
pub use values::{ClientInfo, Code, NewTokens, Status, Token};
