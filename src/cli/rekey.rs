//! `rekey`: everything under the newest key, so that an old one can go.

use super::{error::Failure, output};
use crate::app::App;

/// Can be repeated and interrupted.
pub async fn run(app: &App) -> Result<(), Failure> {
    let (grants, secrets) = (app.store.rekey().await?, app.registry.rekey().await?);
    output::note(&format!("{grants} records and {secrets} client secrets were sealed again with the newest key"));
    output::note("Sessions and login codes under an old key end by themselves; remove that key in twelve hours.");
    Ok(())
}
