//! What the program does, step by step; each flow is called by a page, the API or the command line alike.

pub mod adoption;
pub mod api_keys;
pub mod attachment;
pub mod authorization_code;
pub mod authorize;
pub mod certificate;
pub mod client_key;
pub mod clients;
mod credentials;
pub mod device;
pub mod discover;
mod error;
pub mod events;
mod exchange;
pub mod grants;
pub mod identity;
pub mod inspect;
pub mod installation;
pub mod keeper;
pub mod login;
pub mod notification;
pub mod password;
pub mod pasted;
pub mod proxy;
mod published;
pub mod rediscovery;
mod references;
pub mod refresh;
pub mod registration;
pub mod revoke;
pub mod status;
pub mod token;
pub mod token_answer;
pub mod wait;

pub use error::{Error, ErrorKind};
