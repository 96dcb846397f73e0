//! `client list|show|add|edit|key|delete|import|export|discover|registration|presets`.

mod change;
mod discover;
mod edit;
mod presets;
mod register;
mod registered;
mod remote;
mod transfer;

use super::{completions, error::Failure, output};
use crate::app::App;
use crate::flows::clients::{self, Revocation};
use crate::flows::installation::Installation;
use crate::flows::{grants, registration};
use crate::oauth::jwk::Algorithm;
use crate::oauth::name::ClientName;
use change::{Change, Sources};
use clap::Subcommand;
use register::Register;
use serde_json::{Value, json};
use std::io::{self, BufRead, IsTerminal};

fn client_name(text: &str) -> Result<ClientName, crate::oauth::name::BadName> {
    text.parse()
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    Algorithm::parse(text).ok_or_else(|| "choose ES256 or EdDSA".to_owned())
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the clients
    #[command(after_help = "Example:\n  oauth-helper client list --json | jq -r .[].name")]
    List {
        /// One JSON object a client
        #[arg(long)]
        json: bool,
    },
    /// Show a definition (without secrets), the redirect URI to register, and the state of its grants
    #[command(after_help = "Example:\n  oauth-helper client show mail --json")]
    Show {
        /// The client's name, such as google-drive
        #[arg(value_parser = client_name, add = completions::clients())]
        name: ClientName,
        /// The definition alone
        #[arg(long)]
        json: bool,
    },
    /// Add a client
    #[command(after_help = ADD_EXAMPLES)]
    Add {
        /// The client's name, such as google-drive
        #[arg(value_parser = client_name)]
        name: ClientName,
        #[command(flatten)]
        register: Register,
        #[command(flatten)]
        change: Box<Change>,
    },
    /// Change a client: with the options below, or in $EDITOR when there are none
    #[command(
        after_help = "Examples:\n  oauth-helper client edit mail --scope \"openid email\"\n  oauth-helper client edit mail --set authorize.params.prompt=consent\n  oauth-helper client edit mail --rename work-mail"
    )]
    Edit {
        /// The client's name, such as google-drive
        #[arg(value_parser = client_name, add = completions::clients())]
        name: ClientName,
        /// A new name; tokens stay
        #[arg(long, value_name = "NAME", value_parser = client_name)]
        rename: Option<ClientName>,
        #[command(flatten)]
        change: Box<Change>,
    },
    /// Make a key for private_key_jwt, keep it sealed, and print its public half (a JWK set) to register
    #[command(
        after_help = "Examples:\n  oauth-helper client key bank > jwks.json\n  oauth-helper client key bank --show"
    )]
    Key {
        /// The client's name, such as google-drive
        #[arg(value_parser = client_name, add = completions::clients())]
        name: ClientName,
        /// ES256 or EdDSA
        #[arg(long, default_value = "ES256", value_parser = algorithm)]
        alg: Algorithm,
        /// Make none: print the public half of the key that is there
        #[arg(long, conflicts_with = "alg")]
        show: bool,
    },
    /// Delete a client and its tokens
    #[command(after_help = "Example:\n  oauth-helper client delete mail --revoke")]
    Delete {
        /// The client's name, such as google-drive
        #[arg(value_parser = client_name, add = completions::clients())]
        name: ClientName,
        /// Withdraw the grants at the authorization server first
        #[arg(long)]
        revoke: bool,
        /// End the registration that `client add --register` made at the authorization server
        #[arg(long)]
        unregister: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Create or replace clients from a file: our own, or of Postman, Bruno, Insomnia or rclone
    Import(transfer::Source),
    /// Print definitions as a token cache file; secrets stay sealed with this machine's key
    #[command(after_help = "Example:\n  oauth-helper client export mail calendar > clients.json")]
    Export {
        /// Which clients; all when none is named
        #[arg(value_parser = client_name, add = completions::clients())]
        names: Vec<ClientName>,
    },
    /// List the well-known servers that `client add --preset` can start from
    #[command(after_help = "Example:\n  oauth-helper client presets mail")]
    Presets {
        /// Words that must occur in the name, the category or the description
        query: Vec<String>,
        /// One JSON object a server
        #[arg(long)]
        json: bool,
    },
    /// Print the definition that a server's metadata makes, or what it says otherwise than a client's definition
    #[command(
        after_help = "Examples:\n  oauth-helper client discover https://accounts.example.com\n  oauth-helper client discover mail --apply"
    )]
    Discover {
        /// Issuer or API address; or the name of a client
        #[arg(add = completions::clients())]
        target: String,
        /// Take over the differences that are marked as proposed: endpoints, never what a person chose
        #[arg(long)]
        apply: bool,
    },
    /// Print what the server keeps otherwise, of a client that was registered with --register
    #[command(after_help = "Example:\n  oauth-helper client registration notes --update")]
    Registration {
        /// The client's name, such as google-drive
        #[arg(value_parser = client_name, add = completions::clients())]
        name: ClientName,
        /// Change it there: the redirect URI, the scopes, the grant and the name become those of the client
        #[arg(long)]
        update: bool,
    },
}

const ADD_EXAMPLES: &str = "\
Examples:
  oauth-helper client add desk --preset zendesk --var subdomain=acme \\
      --client-id ID --client-secret-file secret.txt
  oauth-helper client add mail --issuer https://accounts.example.com \\
      --client-id ID --client-secret-file secret.txt --scope \"openid email\"
  oauth-helper client add shop --authorize-url https://shop.example/authorize \\
      --token-url https://shop.example/token --client-id ID --auth basic \\
      --set authorize.params.prompt=consent
  oauth-helper client add notes --issuer https://mcp.notes.example --register";

pub async fn run(installation: &Installation, verb: Verb) -> Result<(), Failure> {
    match (installation, verb) {
        (_, Verb::Key { name, alg, show }) => key(installation, &name, alg, show).await,
        (_, Verb::Discover { target, apply }) => discover::run(installation, &target, apply).await,
        (_, Verb::Registration { name, update }) => registered::run(installation, &name, update).await,
        (Installation::Here(app), verb) => here(installation, app, verb).await,
        (Installation::There(remote), verb) => remote::run(installation, remote, verb).await,
    }
}

async fn here(installation: &Installation, app: &App, verb: Verb) -> Result<(), Failure> {
    let sources = Sources { presets: &app.presets, installation };
    match verb {
        Verb::List { json } => list(app, json).await,
        Verb::Show { name, json } => show(app, &name, json).await,
        Verb::Add { name, register, change } => add(app, &sources, name, &register, &change).await,
        Verb::Edit { name, rename, change } => edit::run(app, &sources, &name, rename, &change).await,
        Verb::Delete { name, revoke, unregister, yes } => delete(app, &name, revoke, unregister, yes).await,
        Verb::Import(source) => transfer::import(app, &source).await,
        Verb::Export { names } => transfer::export(app, &names).await,
        Verb::Presets { query, json } => presets::list(&app.presets, &query.join(" "), json),
        // Done already.
        Verb::Key { .. } | Verb::Discover { .. } | Verb::Registration { .. } => Ok(()),
    }
}

async fn list(app: &App, as_json: bool) -> Result<(), Failure> {
    let clients = app.registry.list().await?;
    let mut grants = grants::by_client(app).await?;
    let described = clients.iter().map(|client| {
        let accounts = grants.remove(&client.name).unwrap_or_default();
        let accounts: Vec<_> = accounts.into_iter().map(|grant| grant.name.account).collect();
        json!({"name": client.name, "service": client.definition.service, "grant": client.definition.grant,
               "accounts": accounts, "declared_in": client.declared_in.as_deref()})
    });
    rows(&described.collect::<Vec<_>>(), as_json)
}

fn rows(clients: &[Value], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&clients);
    }
    if clients.is_empty() {
        output::note("There are no clients yet. Add one with `oauth-helper client add`, or in the browser.");
        return Ok(());
    }
    let text = |client: &Value, field: &str| client[field].as_str().unwrap_or_default().to_owned();
    let heading = ["CLIENT", "SERVICE", "ACCOUNTS", ""].map(str::to_owned).to_vec();
    let rows = clients.iter().map(|client| {
        let accounts = match client["accounts"].as_array().map_or(0, Vec::len) {
            1 => "1 account".to_owned(),
            number => format!("{number} accounts"),
        };
        let mark = if client["declared_in"].is_null() { "" } else { "read-only" };
        vec![text(client, "name"), text(client, "service"), accounts, mark.to_owned()]
    });
    output::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

async fn show(app: &App, name: &ClientName, as_json: bool) -> Result<(), Failure> {
    let client = app.client(name).await?;
    let definition = client.definition.without_secrets().to_json().map_err(io::Error::from)?;
    output::json(&definition)?;
    if !as_json {
        if let Some(file) = &client.declared_in {
            output::note(&format!("Declared in {}: change it there", file.display()));
        }
        output::note(&format!("Redirect URI to register: {}", app.redirect_uri_of(&client)));
        let state = |grant: &crate::oauth::grant::Grant| {
            let state = grant.state(&client.definition, app.now()).as_str().replace('_', " ");
            format!("{}: {state}", grant.name)
        };
        let states: Vec<_> = grants::of(app, &client).await?.iter().map(state).collect();
        output::note(&if states.is_empty() { format!("{name}: not authorized") } else { states.join("\n") });
    }
    Ok(())
}

async fn add(
    app: &App,
    sources: &Sources<'_>,
    name: ClientName,
    register: &Register,
    change: &Change,
) -> Result<(), Failure> {
    let mut json = json!({});
    change.apply(sources, &mut json).await?;
    if register.is_wanted() {
        return register.run(sources.installation, &name, json).await;
    }
    let definition = change::definition(app, json)?;
    let client = clients::create(app, name, definition).await?;
    presets::tell(app, &client.definition);
    if client.definition.needs_resource_owner() {
        let uri = app.redirect_uri_of(&client);
        output::note(&format!("Added. Register this redirect URI at the authorization server: {uri}"));
        output::note(&format!("Then run: oauth-helper authorize {}", client.name));
    } else {
        output::note(&format!("Added. Next: oauth-helper token {}", client.name));
    }
    Ok(())
}

async fn key(installation: &Installation, name: &ClientName, alg: Algorithm, show: bool) -> Result<(), Failure> {
    if show {
        return output::json(&installation.public_key(name).await?);
    }
    let public = installation.new_key(name, alg).await?;
    output::note("The key is made and sealed. Register this public half at the authorization server:");
    output::json(&public)
}

async fn delete(app: &App, name: &ClientName, revoke: bool, unregister: bool, yes: bool) -> Result<(), Failure> {
    let client = app.client(name).await?;
    let accounts = grants::of(app, &client).await?.len();
    if !yes && io::stdin().is_terminal() && !confirmed(name, accounts)? {
        return Err(Failure::Usage("nothing was deleted".to_owned()));
    }
    let registered = if unregister { registration::of(app, &client).await? } else { None };
    let revocation = if revoke { Revocation::Ask } else { Revocation::Skip };
    for (grant, error) in clients::delete(app, name, revocation).await? {
        output::note(&format!("{grant} could not be revoked at the server: {error}"));
    }
    output::note(&format!("{name} is deleted, with the tokens of {accounts} account(s)"));
    match registered {
        Some(registered) => Ok(registration::end(app, registered).await?),
        None if unregister => {
            output::note("This program did not register it at the server, so there is no registration to end");
            Ok(())
        }
        None => Ok(()),
    }
}

fn confirmed(name: &ClientName, accounts: usize) -> Result<bool, Failure> {
    output::note(&format!("Delete {name} and the tokens of {accounts} account(s)? Type yes to go on:"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "yes" | "y"))
}
