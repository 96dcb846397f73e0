//! `client discover`: what a server says, for a new client or for one that exists.

use crate::app::App;
use crate::cli::{error::Failure, output};
use crate::flows::{self, discover, rediscovery};
use crate::oauth::name::ClientName;
use crate::registry::Client;
use serde_json::Value;

/// Prints the definition that a URL makes. With the name of a client instead, the differences to its definition.
pub async fn run(app: &App, target: &str, apply: bool) -> Result<(), Failure> {
    if let Ok(name) = target.parse::<ClientName>()
        && let Some(client) = app.registry.get(&name).await?
    {
        return again(app, &client, apply).await;
    }
    if apply {
        return Err(Failure::Usage(format!("--apply changes a client that exists, and `{target}` is none")));
    }
    let found = discover::find(&app.network, target).await.map_err(flows::Error::from)?;
    output::note(&format!("Found {}", found.origin()));
    output::json(&found.facts())
}

async fn again(app: &App, client: &Client, apply: bool) -> Result<(), Failure> {
    let differences = rediscovery::look(app, client).await?;
    output::json(&differences)?;
    if apply {
        let proposed = differences.into_iter().filter(|difference| difference.proposed);
        let chosen: Vec<(String, Value)> = proposed.map(|difference| (difference.field, difference.offered)).collect();
        if !chosen.is_empty() {
            rediscovery::take(app, client, &chosen, Some(&client.version)).await?;
        }
        output::note(&format!("{} field(s) of {} are changed; its tokens stay", chosen.len(), client.name));
    }
    Ok(())
}
