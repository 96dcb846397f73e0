//! `client discover`: what a server says, for a new client or for one that exists.

use crate::cli::{error::Failure, output};
use crate::flows::Error;
use crate::flows::installation::{Installation, Proposed};
use crate::oauth::metadata::Chosen;
use crate::oauth::name::ClientName;

/// Prints the definition that a URL makes. With the name of a client instead, the differences to its definition.
pub async fn run(installation: &Installation, target: &str, apply: bool) -> Result<(), Failure> {
    if let Ok(name) = target.parse::<ClientName>() {
        match again(installation, &name, apply).await {
            Err(Failure::Flow(error)) if is_no_client(&error) => {}
            done => return done,
        }
    }
    if apply {
        return Err(Failure::Usage(format!("--apply changes a client that exists, and `{target}` is none")));
    }
    let found = installation.discovered(target, &Chosen::default()).await?;
    output::note(&format!("Found {}", found.origin));
    output::json(&found.definition)
}

async fn again(installation: &Installation, name: &ClientName, apply: bool) -> Result<(), Failure> {
    let proposed = if apply { Proposed::TakenOver } else { Proposed::Shown };
    let differences = installation.differences(name, proposed).await?;
    output::json(&differences)?;
    if apply {
        let number = differences.iter().filter(|difference| difference.proposed).count();
        output::note(&format!("{number} field(s) of {name} are changed; its tokens stay"));
    }
    Ok(())
}

/// Then it is a URL without its scheme.
fn is_no_client(error: &Error) -> bool {
    match error {
        Error::UnknownClient(_) => true,
        Error::Remote(error) => error.code() == Some("unknown_client"),
        _ => false,
    }
}
