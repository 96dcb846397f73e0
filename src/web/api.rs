//! The HTTP API for scripts: a key in the header, JSON out, problems as RFC 9457 describes.

pub mod authorizations;
mod caller;
pub mod client_key;
pub mod clients;
mod condition;
pub mod discovery;
pub mod events;
pub mod grants;
pub mod keys;
pub mod openapi;
pub mod proxy;
pub mod registrations;
mod schema;
pub mod tokens;

pub use caller::{Caller, Unchecked, grant_of};

use super::problem::Problem;
use rocket::request::Request;

type Answer<T> = Result<T, Problem>;

/// Anything else below `/api`.
#[rocket::catch(default)]
pub fn catch(status: rocket::http::Status, _: &Request<'_>) -> Problem {
    Problem::of_status(status)
}
