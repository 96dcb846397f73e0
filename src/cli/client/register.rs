//! `client add --register`: the client ID comes from the server itself.

use super::change;
use crate::cli::error::Failure;
use crate::cli::output;
use crate::flows::installation::Installation;
use crate::flows::registration::Registered;
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
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
    pub async fn run(&self, installation: &Installation, name: &ClientName, json: Value) -> Result<(), Failure> {
        let token = match &self.initial_access_token_file {
            Some(file) => Some(Secret::new(change::secret("--initial-access-token-file", file)?)),
            None => None,
        };
        let Registered { issuer, client_id, warnings, by_person } = installation.register(name, json, token).await?;
        output::note(&format!("Registered at {issuer}: the client ID is {client_id}"));
        warnings.iter().for_each(|warning| output::note(warning));
        let verb = if by_person { "authorize" } else { "token" };
        output::note(&format!("Then run: oauth-helper {verb} {name}"));
        Ok(())
    }
}
