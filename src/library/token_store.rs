//! The tokens of one installation.

use super::error::Cause;
use super::{ApiClient, ClientInfo, Code, Error, NewTokens, Options, Status, Token};
use crate::app::App;
use crate::flows::handed_in;
use crate::flows::installation::{Handed, Installation};
use crate::flows::published;
use crate::flows::token::MIN_VALID_S;
use crate::oauth::name::GrantName;
use crate::oauth::secret::Secret;
use std::time::Duration;

/// The clients and tokens of one installation: of this machine, in a Redis, or of a server that runs.
///
/// A handle: cloning it is cheap, and clones may be used at the same time. A token is named `client` or `client@account`, as
/// on the command line. See the [crate's page](crate) for examples, [`blocking`](crate::blocking) for the same without `async`.
#[derive(Clone, Debug)]
pub struct TokenStore(Installation);

impl TokenStore {
    /// Opens what the command line would use: the store of this machine, or the server that `OAUTHCLIENT_SERVER` names.
    ///
    /// # Errors
    /// As [`Options::open`].
    pub async fn open() -> Result<Self, Error> {
        Options::from_env().open().await
    }

    pub(super) fn of(installation: Installation) -> Self {
        Self(installation)
    }

    /// Requests to the API of one client.
    ///
    /// # Errors
    /// When `name` cannot be the name of a client. Whether there is one is seen with the first request.
    pub fn client(&self, name: &str) -> Result<ApiClient, Error> {
        Ok(ApiClient::new(self.0.clone(), parsed(name)?))
    }

    /// Every client, by name. A key needs the verb `clients:read` for it.
    ///
    /// # Errors
    /// When the definitions cannot be read, or the server cannot be asked.
    pub async fn clients(&self) -> Result<Vec<ClientInfo>, Error> {
        Ok(self.0.clients().await?.into_iter().map(ClientInfo::from).collect())
    }

    /// The services that group the clients, each once, in order.
    ///
    /// # Errors
    /// As [`clients`](Self::clients).
    pub async fn services(&self) -> Result<Vec<String>, Error> {
        let mut services: Vec<String> = self.clients().await?.into_iter().map(|client| client.service).collect();
        services.retain(|service| !service.is_empty());
        services.sort();
        services.dedup();
        Ok(services)
    }

    /// An access token that is valid for at least a minute, refreshed first where less is left.
    ///
    /// # Errors
    /// [`ErrorKind`](crate::ErrorKind) tells them apart. A token that is still valid is given whatever is broken.
    pub async fn token(&self, name: &str) -> Result<Token, Error> {
        self.token_for(name, Duration::from_secs(MIN_VALID_S.unsigned_abs())).await
    }

    /// The same, valid for at least `min_valid`, in whole seconds.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub async fn token_for(&self, name: &str, min_valid: Duration) -> Result<Token, Error> {
        let seconds = i64::from(u32::try_from(min_valid.as_secs()).unwrap_or(u32::MAX));
        let Handed { value, warning } = self.0.token(&parsed(name)?, seconds.into()).await?;
        Ok(Token { warning, ..value.into() })
    }

    /// Another token, because an API answered 401 to this one. Of all that say so of one token, one refreshes it. [`ApiClient`]
    /// does this by itself.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub async fn token_instead_of(&self, name: &str, rejected: &Secret) -> Result<Token, Error> {
        Ok(self.0.instead_of(&parsed(name)?, rejected).await?.into())
    }

    /// Stores tokens that were got elsewhere, over what there is.
    ///
    /// # Errors
    /// When there is no such client, the store cannot take them, or this is a server.
    pub async fn set_tokens(&self, name: &str, tokens: NewTokens) -> Result<(), Error> {
        let (app, name) = (self.here("tokens")?, parsed(name)?);
        let client = app.client(&name.client).await?;
        handed_in::tokens(app, &client, name, tokens.carried(self.0.now())).await?;
        Ok(())
    }

    /// Exchanges a code that was got elsewhere, and stores the tokens.
    ///
    /// # Errors
    /// When there is no such client, the authorization server refuses, nothing can be stored, or this is a server.
    pub async fn set_code(&self, name: &str, code: Code) -> Result<(), Error> {
        handed_in::code(self.here("codes")?, parsed(name)?, code.handed_in()).await?;
        Ok(())
    }

    /// Takes the code that an authorization left in Redis for another program to exchange (`"publish": "code"`). `None`: there
    /// is none, or somebody took it.
    ///
    /// # Errors
    /// When there is no such client, it publishes and there is no Redis, or this is a server.
    pub async fn take_code(&self, name: &str) -> Result<Option<Secret>, Error> {
        let app = self.here("question for codes")?;
        let client = app.client(&parsed(name)?.client).await?;
        Ok(published::take_code(app, &client).await?)
    }

    /// What is known of a token, without asking for a new one. `None`: there is no such client, or no such account of it.
    ///
    /// # Errors
    /// When the store or the server cannot be asked.
    pub async fn status(&self, name: &str) -> Result<Option<Status>, Error> {
        let name = parsed(name)?;
        let (client, account) = (name.client.as_str(), name.account.as_str());
        let all = self.all_status().await?;
        Ok(all.into_iter().find(|status| status.client == client && status.account == account))
    }

    /// The same of every account of every client, and of clients without one.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn all_status(&self) -> Result<Vec<Status>, Error> {
        let now = self.0.now();
        Ok(self.0.status().await?.into_iter().map(|status| Status::of(status, now)).collect())
    }

    /// How long the access token is still valid, zero after its end. `None`: there is none, or nobody knows.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn expires_in(&self, name: &str) -> Result<Option<Duration>, Error> {
        Ok(self.status(name).await?.and_then(|status| status.expires_in))
    }

    /// Gets a new access token now, whatever is left of the old one. A key needs the verb `grants:write` for it.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub async fn refresh(&self, name: &str) -> Result<(), Error> {
        self.0.refreshed(&parsed(name)?).await?;
        Ok(())
    }

    /// Gives the tokens back to the authorization server, and forgets them. A key needs the verb `grants:write` for it.
    ///
    /// # Errors
    /// When the authorization server refuses, or the store cannot.
    pub async fn revoke(&self, name: &str) -> Result<(), Error> {
        Ok(self.0.revoke(&parsed(name)?).await?)
    }

    /// Waits until events of what was done are told, for a few seconds at most: before a short-lived program ends.
    pub async fn close(self) {
        self.0.close().await;
    }

    fn here(&self, what: &'static str) -> Result<&App, Error> {
        match &self.0 {
            Installation::Here(app) => Ok(app),
            Installation::There(_) => Err(Cause::OnlyEmbedded(what).into()),
        }
    }
}

pub(super) fn parsed(name: &str) -> Result<GrantName, Error> {
    name.parse().map_err(|why| Cause::Name { name: name.chars().take(64).collect(), why }.into())
}
