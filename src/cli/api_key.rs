//! `api-key create|list|revoke`.

use super::{duration, error::Failure, output};
use crate::app::App;
use crate::flows::api_keys::{self, ApiKey, Verb as Allowed, Wanted};
use crate::oauth::name::ClientName;
use crate::oauth::timestamp::Timestamp;
use clap::Subcommand;
use serde_json::json;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a key and print it; it is shown this once
    #[command(after_help = CREATE_EXAMPLES)]
    Create {
        /// What the key is for
        label: String,
        /// A client the key may ask for; repeat for several, leave out for all
        #[arg(long = "client", value_name = "NAME", value_parser = |text: &str| text.parse::<ClientName>())]
        clients: Vec<ClientName>,
        /// How long the key lives: 30d, 12h, 90m
        #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
        expires: Option<Duration>,
        /// What the key may do; repeat for several. Left out: token:read with --client, everything without
        #[arg(long = "allow", value_name = "VERB", value_parser = |text: &str| text.parse::<Allowed>())]
        verbs: Vec<Allowed>,
    },
    /// List the keys (never the secret part)
    #[command(after_help = "Example:\n  oauth-helper api-key list --json")]
    List {
        #[arg(long)]
        json: bool,
    },
    /// Make a key worthless
    #[command(after_help = "Example:\n  oauth-helper api-key revoke 0123456789abcdef")]
    Revoke {
        /// The key's id, as `api-key list` shows it
        id: String,
    },
}

const CREATE_EXAMPLES: &str = "\
Examples:
  oauth-helper api-key create backup-job --client mail --expires 30d > key.txt
  oauth-helper api-key create deploy --allow clients:write --allow token:read
Verbs: token:read, proxy, status:read, grants:write, clients:read, clients:write, metrics:read";

pub async fn run(app: &App, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Create { label, clients, expires, verbs } => {
            let expires_at = expires.map(|life| app.now() + i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
            create(app, Wanted { label, clients, verbs, expires_at }).await
        }
        Verb::List { json } => list(app, json).await,
        Verb::Revoke { id } => match api_keys::revoke(app, &id).await? {
            true => {
                output::note(&format!("the key {id} is revoked"));
                Ok(())
            }
            false => Err(Failure::Usage(format!("there is no key `{id}`; see `oauth-helper api-key list`"))),
        },
    }
}

async fn create(app: &App, wanted: Wanted) -> Result<(), Failure> {
    for client in &wanted.clients {
        app.client(client).await?;
    }
    let (key, text) = api_keys::create(app, wanted).await?;
    let (id, clients, verbs) = (&key.id, clients_of(&key), verbs_of(&key));
    output::note(&format!("Key {id} for {clients}: {verbs}. Keep it now, it is not shown again."));
    output::line(text.expose())
}

async fn list(app: &App, as_json: bool) -> Result<(), Failure> {
    let keys = api_keys::list(app).await?;
    if as_json {
        let keys: Vec<_> = keys.iter().map(public).collect();
        return output::json(&keys);
    }
    let heading = ["ID", "LABEL", "CLIENTS", "MAY", "CREATED", "EXPIRES", "LAST USED"].map(str::to_owned).to_vec();
    let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), Timestamp::rfc3339);
    let rows = keys.iter().map(|key| {
        let (clients, verbs, created) = (clients_of(key), verbs_of(key), key.created_at.rfc3339());
        vec![key.id.clone(), key.label.clone(), clients, verbs, created, time(key.expires_at), time(key.last_used_at)]
    });
    output::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

fn public(key: &ApiKey) -> serde_json::Value {
    json!({"id": key.id, "label": key.label, "clients": key.clients, "verbs": key.verbs,
           "created_at": key.created_at, "expires_at": key.expires_at, "last_used_at": key.last_used_at})
}

fn verbs_of(key: &ApiKey) -> String {
    if key.verbs == Allowed::ALL {
        return "everything".to_owned();
    }
    key.verbs.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(", ")
}

fn clients_of(key: &ApiKey) -> String {
    match key.clients.as_slice() {
        [] => "all clients".to_owned(),
        clients => clients.iter().map(ClientName::as_str).collect::<Vec<_>>().join(", "),
    }
}
