//! `client registration`: what a server that this program registered a client at keeps of it.

use crate::cli::{error::Failure, output};
use crate::flows::installation::{Installation, Updated};
use crate::oauth::name::ClientName;

/// Prints what it keeps otherwise than the client is; `update` changes that first.
pub async fn run(installation: &Installation, name: &ClientName, update: bool) -> Result<(), Failure> {
    let none =
        || Failure::Usage(format!("this program did not register `{name}`: look at the app on the server's own pages"));
    if !update {
        return output::json(&installation.outdated(name).await?.ok_or_else(none)?);
    }
    let Updated { before, after } = installation.update_registration(name).await?.ok_or_else(none)?;
    output::json(&after)?;
    output::note(&format!("{} of {} differences are mended", before.len() - after.len(), before.len()));
    Ok(())
}
