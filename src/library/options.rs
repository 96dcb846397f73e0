//! Where the tokens are.

use super::{Error, TokenStore};
use crate::app::{App, OpenError};
use crate::flows::installation::Installation;
use crate::oauth::secret::Secret;
use crate::remote::Remote;
use crate::settings::{Flags, Settings, Surroundings};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Which store [`TokenStore`] opens. Each option is a setting of docs/configuration.md, and is judged when it is opened.
///
/// ```no_run
/// # async fn open() -> Result<(), oauth_client_helper::Error> {
/// use oauth_client_helper::Options;
///
/// let store = Options::in_folder("/srv/tokens").allow_private_addresses().open().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Options(Surroundings);

impl Options {
    /// As the command line has it: the environment, `Rocket.toml`, and then what is said here.
    pub fn from_env() -> Self {
        Self(Surroundings::of_this_process(Flags::default()))
    }

    /// A data folder, made if it is not there, with the client definitions in `clients.json` inside. Nothing of the
    /// environment counts.
    pub fn in_folder(folder: impl AsRef<Path>) -> Self {
        let folder = std::path::absolute(folder.as_ref()).unwrap_or_else(|_| folder.as_ref().to_owned());
        let clients = folder.join("clients.json");
        Self(Surroundings { folder: folder.clone(), ..Surroundings::default() })
            .set("DATA_DIR", folder)
            .set("OAUTH__TOKEN_CACHE", clients)
    }

    /// A server that runs, by its public URL, and an API key of it. Nothing of the environment counts.
    pub fn of_server(url: impl Into<String>, key: Secret) -> Self {
        // Nothing is kept in a folder, but every installation has one.
        let options = Self::in_folder(PathBuf::from("/nonexistent"));
        options.set("SERVER", url.into()).set("API_KEY", key.expose())
    }

    /// Another file of client definitions.
    pub fn clients_file(self, file: impl Into<PathBuf>) -> Self {
        self.set("OAUTH__TOKEN_CACHE", file.into())
    }

    /// Grants in this Redis (see `OAUTHCLIENT_MESSAGE_QUEUE__URL` for its forms), sealed by this key: 32 bytes in base64.
    pub fn redis(self, url: Secret, encryption_key: Secret) -> Self {
        self.set("MESSAGE_QUEUE__URL", url.expose()).set("ENCRYPTION__KEY", encryption_key.expose())
    }

    /// The client definitions in that Redis, too.
    pub fn clients_in_redis(self) -> Self {
        self.set("OAUTH__TOKEN_CACHE", "redis")
    }

    /// The beginning of every key in Redis; `oauth_client:` unless said.
    pub fn key_prefix(self, prefix: impl Into<String>) -> Self {
        self.set("OAUTH__TOKEN_KEY_PREPEND", prefix.into())
    }

    /// Authorization servers and APIs at private addresses, there also over plain http.
    pub fn allow_private_addresses(self) -> Self {
        self.set("OUTBOUND__ALLOW_PRIVATE", "true")
    }

    /// Public addresses only.
    pub fn refuse_private_addresses(self) -> Self {
        self.set("OUTBOUND__ALLOW_PRIVATE", "false")
    }

    /// Trust anchors beside the system's, PEM.
    pub fn ca_file(self, file: impl Into<PathBuf>) -> Self {
        self.set("OUTBOUND__CA_FILE", file.into())
    }

    /// Opens the store, or gets ready to ask the server; nothing but Redis is asked yet. Needs a Tokio runtime whose time and
    /// I/O are enabled.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), all mistakes at once;
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) where the data folder or Redis cannot be used.
    pub async fn open(self) -> Result<TokenStore, Error> {
        let settings = Settings::resolve(&self.0)?;
        let installation = match settings.server.clone() {
            Some(server) => {
                let remote = Remote::new(server.url, server.key, settings.outbound.ca_file)?;
                Installation::There(remote)
            }
            None => Installation::Here(App::open(settings).await.map_err(|error: OpenError| Error::from(error))?),
        };
        Ok(TokenStore::of(installation))
    }

    fn set(mut self, name: &str, value: impl Into<OsString>) -> Self {
        let name = format!("OAUTHCLIENT_{name}");
        let twin = format!("{name}_FILE");
        let is_other = |key: &OsString| !key.eq_ignore_ascii_case(&name) && !key.eq_ignore_ascii_case(&twin);
        self.0.variables.retain(|(key, _)| is_other(key));
        self.0.variables.push((name.into(), value.into()));
        self
    }
}
