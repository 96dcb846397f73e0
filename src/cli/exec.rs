//! `exec`: a command with tokens in its environment, or with files that stay fresh.

mod files;
mod renewal;
mod variables;

use super::error::Failure;
use super::token::Fresh;
use super::{command, completions, grant_name, output};
use crate::flows::installation::Installation;
use crate::oauth::name::GrantName;
use clap::Args;
use std::ffi::OsString;
use variables::Variable;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth-helper exec mail -- ./report.py
  oauth-helper exec forge --env GH_TOKEN -- gh repo list
  oauth-helper exec --env MAIL=mail@work --env CALENDAR=calendar -- ./sync
  oauth-helper exec mail --renew -- ./daemon

The token is in $ACCESS_TOKEN, or in the variables of --env. With --renew, it lies in a file that only you can read, is replaced before it ends, and goes \
when the command ends; the variable with the path is called like that of the token, with _FILE behind it.

Exit codes: the command's own (128 + number after a signal); 127 it was not found, 126 it could not \
be started; where there is no token, those of every verb (oauth-helper --help).")]
pub struct Arguments {
    /// The clients, each client or client@account
    #[arg(value_name = "NAME", value_parser = grant_name, add = completions::grants())]
    names: Vec<GrantName>,
    /// The variable for the token [default: ACCESS_TOKEN]: one for each NAME, in their order, or VAR=NAME
    #[arg(long = "env", value_name = "VAR[=NAME]")]
    variables: Vec<Variable>,
    #[command(flatten)]
    fresh: Fresh,
    /// Keep the tokens in files that stay fresh while the command runs, not in the environment
    #[arg(long)]
    renew: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub async fn run(installation: Installation, arguments: Arguments) -> Result<(), Failure> {
    let pairs = variables::paired(arguments.names, arguments.variables).map_err(Failure::Usage)?;
    let mut command = command::of(&arguments.command);
    let min_valid = arguments.fresh.min_valid;
    if arguments.renew {
        return renewal::run(&installation, &pairs, min_valid, command).await;
    }
    for (variable, name) in &pairs {
        let token = output::handed(installation.token(name, min_valid.into()).await?);
        command.env(variable, token.access_token.expose());
    }
    // Before this process becomes another.
    installation.close().await;
    Err(command::become_it(command))
}
