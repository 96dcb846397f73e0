//! `client add --register`: the client ID comes from the server itself.

use super::change;
use crate::app::App;
use crate::cli::error::Failure;
use crate::cli::output;
use crate::flows::{self, discover, registration};
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
use crate::registry::Client;
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Register {
    /// Register the app at the server of --issuer (RFC 7591) instead of bringing a client ID
    #[arg(long, requires = "issuer", conflicts_with_all = ["client_id", "client_secret_file"])]
    register: bool,
    /// A file with the token that the server wants for that, or - for standard input
    #[arg(long, value_name = "FILE", requires = "register")]
    initial_access_token_file: Option<PathBuf>,
}

impl Register {
    pub fn is_wanted(&self) -> bool {
        self.register
    }

    /// Registers for the definition as far as it is known, and creates the client.
    pub async fn run(&self, app: &App, name: ClientName, json: Value) -> Result<Client, Failure> {
        let token = match &self.initial_access_token_file {
            Some(file) => Some(Secret::new(change::secret("--initial-access-token-file", file)?)),
            None => None,
        };
        let issuer = json["issuer"].as_str().unwrap_or_default();
        let metadata = discover::discover(&app.network, issuer).await.map_err(flows::Error::from)?;
        let (client, warnings) = registration::register(app, &metadata, name, json, token.as_ref()).await?;
        output::note(&format!("Registered at {}: the client ID is {}", metadata.issuer, client.definition.client_id));
        warnings.iter().for_each(|warning| output::note(warning));
        Ok(client)
    }
}
