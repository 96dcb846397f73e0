//! `client registration`: what a server that this program registered a client at keeps of it.

use crate::app::App;
use crate::cli::{error::Failure, output};
use crate::flows::registration::{self, upkeep};
use crate::oauth::name::ClientName;

/// Prints what it keeps otherwise than the client is; `update` changes that first.
pub async fn run(app: &App, name: &ClientName, update: bool) -> Result<(), Failure> {
    let client = app.client(name).await?;
    let Some(registered) = registration::of(app, &client).await? else {
        let said = format!("this program did not register `{name}`: look at the app on the server's own pages");
        return Err(Failure::Usage(said));
    };
    if !update {
        return output::json(&upkeep::look(app, &client, registered).await?);
    }
    let (before, after) = upkeep::update(app, &client, registered).await?;
    output::json(&after)?;
    output::note(&format!("{} of {} differences are mended", before.len() - after.len(), before.len()));
    Ok(())
}
