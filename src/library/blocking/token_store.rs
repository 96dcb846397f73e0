//! The tokens of one installation.

use super::{ApiClient, Runtime};
use crate::library::{self, ClientInfo, Code, Error, NewTokens, Options, Status, Token};
use crate::oauth::secret::Secret;
use std::time::Duration;

/// [`TokenStore`](crate::TokenStore), each call to its end.
#[derive(Clone, Debug)]
pub struct TokenStore {
    runtime: Runtime,
    store: library::TokenStore,
}

impl Options {
    /// [`open`](Self::open) for programs without `async`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_blocking(self) -> Result<TokenStore, Error> {
        let runtime = Runtime::start()?;
        let store = runtime.wait(self.open())?;
        Ok(TokenStore { runtime, store })
    }
}

macro_rules! waits {
    ($($(#[$about:meta])* $name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)+) => {
        /// Each is the method of the same name of [`crate::TokenStore`], with its errors.
        impl TokenStore {
            $($(#[$about])*
            pub fn $name(&self, $($argument: $kind),*) -> Result<$result, Error> {
                self.runtime.wait(self.store.$name($($argument),*))
            })+
        }
    };
}

waits! {
    /// Every client, by name.
    clients() -> Vec<ClientInfo>;
    /// The services that group the clients.
    services() -> Vec<String>;
    /// An access token that is valid for at least a minute.
    token(name: &str) -> Token;
    /// The same, valid for at least `min_valid`.
    token_for(name: &str, min_valid: Duration) -> Token;
    /// Another token, because an API answered 401 to this one.
    token_instead_of(name: &str, rejected: &Secret) -> Token;
    /// Stores tokens that were got elsewhere.
    set_tokens(name: &str, tokens: NewTokens) -> ();
    /// Exchanges a code that was got elsewhere, and stores the tokens.
    set_code(name: &str, code: Code) -> ();
    /// Takes the code that an authorization left in Redis.
    take_code(name: &str) -> Option<Secret>;
    /// What is known of a token.
    status(name: &str) -> Option<Status>;
    /// The same of every account of every client.
    all_status() -> Vec<Status>;
    /// How long the access token is still valid.
    expires_in(name: &str) -> Option<Duration>;
    /// Gets a new access token now.
    refresh(name: &str) -> ();
    /// Gives the tokens back to the authorization server, and forgets them.
    revoke(name: &str) -> ();
}

impl TokenStore {
    /// Opens what the command line would use.
    ///
    /// # Errors
    /// As [`Options::open`].
    pub fn open() -> Result<Self, Error> {
        Options::from_env().open_blocking()
    }

    /// Requests to the API of one client.
    ///
    /// # Errors
    /// When `name` cannot be the name of a client.
    pub fn client(&self, name: &str) -> Result<ApiClient, Error> {
        Ok(ApiClient::new(self.clone(), self.store.client(name)?))
    }

    pub(super) fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

impl Drop for TokenStore {
    fn drop(&mut self) {
        self.runtime.end(self.store.clone());
    }
}
