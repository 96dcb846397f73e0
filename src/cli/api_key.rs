//! `api-key create|list|revoke`.

use super::{completions, duration, error::Failure, output};
use crate::flows::api_keys::{KeyFacts, Verb as Allowed};
use crate::flows::installation::{Installation, NewKey, ShownKey};
use crate::oauth::name::ClientName;
use crate::oauth::timestamp::Timestamp;
use clap::Subcommand;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a key and print it; it is shown this once
    #[command(after_help = CREATE_EXAMPLES)]
    Create {
        /// What the key is for
        label: String,
        /// A client the key may ask for; repeat for several, leave out for all
        #[arg(long = "client", value_name = "NAME", value_parser = |text: &str| text.parse::<ClientName>(), add = completions::clients())]
        clients: Vec<ClientName>,
        /// How long the key lives: 30d, 12h, 90m
        #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
        expires: Option<Duration>,
        /// What the key may do; repeat for several. Left out: token:read with --client, without everything but keys:write
        #[arg(long = "allow", value_name = "VERB", value_parser = |text: &str| text.parse::<Allowed>(), add = completions::words(Allowed::ALL.map(Allowed::as_str)))]
        verbs: Vec<Allowed>,
    },
    /// List the keys (never the secret part)
    #[command(after_help = "Example:\n  oauth-helper api-key list --json")]
    List {
        /// One JSON object a key
        #[arg(long)]
        json: bool,
    },
    /// Make a key worthless
    #[command(after_help = "Example:\n  oauth-helper api-key revoke 0123456789abcdef")]
    Revoke {
        /// The key's id, as `api-key list` shows it
        #[arg(add = completions::keys())]
        id: String,
    },
}

const CREATE_EXAMPLES: &str = "\
Examples:
  oauth-helper api-key create backup-job --client mail --expires 30d > key.txt
  oauth-helper api-key create deploy --allow clients:write --allow token:read
Verbs: token:read, proxy, status:read, grants:write, grants:authorize, clients:read,
clients:write, metrics:read, keys:write";

pub async fn run(installation: &Installation, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Create { label, clients, expires, verbs } => {
            create(installation, NewKey { label, clients, verbs, expires_in: None }.living(expires)).await
        }
        Verb::List { json } => list(installation, json).await,
        Verb::Revoke { id } if installation.revoke_key(&id).await? => {
            output::note(&format!("the key {id} is revoked, and those that it made"));
            Ok(())
        }
        Verb::Revoke { id } => Err(Failure::Usage(format!("there is no key `{id}`; see `oauth-helper api-key list`"))),
    }
}

async fn create(installation: &Installation, wanted: NewKey) -> Result<(), Failure> {
    let ShownKey { key, facts } = installation.make_key(wanted).await?;
    let (id, clients, verbs) = (&facts.id, clients_of(&facts), verbs_of(&facts));
    output::note(&format!("Key {id} for {clients}: {verbs}. Keep it now, it is not shown again."));
    output::line(key.expose())
}

async fn list(installation: &Installation, as_json: bool) -> Result<(), Failure> {
    let keys = installation.keys().await?;
    if as_json {
        return output::json(&keys);
    }
    if keys.is_empty() {
        output::note("There are no keys yet. Make one with `oauth-helper api-key create LABEL`, or in the browser.");
        return Ok(());
    }
    let heading = ["ID", "LABEL", "CLIENTS", "MAY", "CREATED", "EXPIRES", "LAST USED"].map(str::to_owned).to_vec();
    let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), Timestamp::rfc3339);
    let rows = keys.iter().map(|key| {
        let (clients, verbs, created) = (clients_of(key), verbs_of(key), key.created_at.rfc3339());
        vec![key.id.clone(), key.label.clone(), clients, verbs, created, time(key.expires_at), time(key.last_used_at)]
    });
    output::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

fn verbs_of(key: &KeyFacts) -> String {
    if key.verbs == Allowed::usual() {
        return "everything but keys:write".to_owned();
    }
    key.verbs.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(", ")
}

fn clients_of(key: &KeyFacts) -> String {
    match key.clients.as_slice() {
        [] => "all clients".to_owned(),
        clients => clients.iter().map(ClientName::as_str).collect::<Vec<_>>().join(", "),
    }
}
