//! `wait`: for whoever has to start after a person has agreed, such as an init container.

use super::{completions, duration, error::Failure, grant_name, output};
use crate::flows::installation::Installation;
use crate::flows::wait;
use crate::oauth::name::GrantName;
use clap::Args;
use std::time::Duration;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth-helper wait mail && ./start
  oauth-helper wait mail@work --timeout 10m      then exit code 3")]
pub struct Arguments {
    /// The client, or client@account
    #[arg(value_parser = grant_name, add = completions::grants())]
    name: GrantName,
    /// Give up after this long: 90 (seconds), 10m, 12h
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    timeout: Option<Duration>,
}

/// Prints nothing to stdout: the token is asked for when it is needed.
pub async fn run(installation: &Installation, Arguments { name, timeout }: Arguments) -> Result<(), Failure> {
    wait::until_authorized(installation, &name, timeout, |error| {
        output::note(&format!("Waiting: {error}"));
        error.hint().iter().for_each(|hint| output::note(hint));
    })
    .await?;
    output::note(&format!("{name} is authorized"));
    Ok(())
}
