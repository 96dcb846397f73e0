//! The same without `async`: for programs that have no runtime of their own.
//!
//! ```no_run
//! use oauth_client_helper::blocking::TokenStore;
//!
//! # fn main() -> Result<(), oauth_client_helper::Error> {
//! let store = TokenStore::open()?;
//! let answer = store.client("music")?.get("/me").send()?;
//! println!("{} {}", answer.status(), answer.text()?);
//! # Ok(()) }
//! ```
//!
//! Each store has a thread of its own, on which what was begun goes on between calls. Not to be called where `async` code
//! runs: like every blocking call there, it panics.

mod request;
mod runtime;
mod token_store;

pub use request::{ApiClient, Request, Response};
pub use token_store::TokenStore;

use runtime::Runtime;
