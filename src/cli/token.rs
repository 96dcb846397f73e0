//! `token`, `header`, `refresh`, `revoke`.

use super::{error::Failure, grant_name, output};
use crate::app::App;
use crate::flows::token::{self, MIN_VALID_S, Served};
use crate::flows::{revoke, token_answer::TokenAnswer};
use crate::oauth::definition::TokenPlace;
use crate::oauth::grant::Grant;
use crate::oauth::name::GrantName;
use crate::registry::Client;
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  TOKEN=$(oauth-helper token mail)\n  oauth-helper token mail@work --format json")]
pub struct TokenArguments {
    /// The client, or client@account
    #[arg(value_parser = grant_name)]
    name: GrantName,
    /// Seconds the token must still be valid; it is refreshed first when fewer are left
    #[arg(long, value_name = "SECONDS", default_value_t = MIN_VALID_S, value_parser = clap::value_parser!(i64).range(0..))]
    min_valid: i64,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Raw)]
    format: Format,
    /// Print this further token of the same answer instead (response.extra_tokens)
    #[arg(long, value_name = "TOKEN")]
    extra: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// The token alone
    Raw,
    /// What the HTTP API answers
    Json,
    /// The header line for curl -H @-
    Header,
    /// A line for a shell: ACCESS_TOKEN='…'
    Env,
    /// The initial response of SASL XOAUTH2, with the account as the user
    Xoauth2,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oauth-helper header mail | curl -H @- https://api.example.com/me")]
pub struct HeaderArguments {
    /// The client, or client@account
    #[arg(value_parser = grant_name)]
    name: GrantName,
    /// Seconds the token must still be valid; it is refreshed first when fewer are left
    #[arg(long, value_name = "SECONDS", default_value_t = MIN_VALID_S, value_parser = clap::value_parser!(i64).range(0..))]
    min_valid: i64,
}

#[derive(Debug, Args)]
pub struct NameArgument {
    /// The client, or client@account
    #[arg(value_parser = grant_name)]
    pub name: GrantName,
}

pub async fn token(app: &App, arguments: TokenArguments) -> Result<(), Failure> {
    let (client, grant) = served(app, &arguments.name, arguments.min_valid).await?;
    let grant = token::picked(grant, arguments.extra.as_deref())?;
    let token = grant.tokens.access_token.expose();
    match arguments.format {
        Format::Json => output::json(&TokenAnswer::of(&client, &grant, app.now())),
        Format::Env => output::line(&format!("ACCESS_TOKEN='{}'", token.replace('\'', r"'\''"))),
        Format::Xoauth2 if grant.name.account.is_default() => {
            let said = format!("xoauth2 needs the mail address as the account: {}@you@example.com", grant.name.client);
            Err(Failure::Usage(said))
        }
        Format::Xoauth2 => output::line(&xoauth2(&grant)),
        Format::Header => print_header(&client, &grant),
        Format::Raw => output::line(token),
    }
}

/// The script gets the token that there is; a person learns why it is not a newer one.
async fn served(app: &App, name: &GrantName, min_valid: i64) -> Result<(Client, Grant), Failure> {
    let Served { client, grant, not_renewed } = token::served(app, name, min_valid).await?;
    if let Some(error) = not_renewed {
        let left = grant.tokens.expires_at.map_or(0, |end| app.now().seconds_until(end));
        output::note(&format!("{name} was not refreshed: {error}. Its present token is valid for {left} s."));
    }
    Ok((client, grant))
}

pub async fn header(app: &App, arguments: HeaderArguments) -> Result<(), Failure> {
    let (client, grant) = served(app, &arguments.name, arguments.min_valid).await?;
    print_header(&client, &grant)
}

fn print_header(client: &Client, grant: &Grant) -> Result<(), Failure> {
    let (api, name) = (&client.definition.api, &grant.name);
    if api.token_in == TokenPlace::Query {
        let said =
            format!("the API of `{name}` takes the token in the query parameter `{}`, not in a header", api.name);
        return Err(Failure::Usage(said));
    }
    let (name, value) = token::attached(&client.definition, grant)?;
    output::line(&format!("{name}: {value}"))
}

pub async fn refresh(app: &App, name: &GrantName) -> Result<(), Failure> {
    let (_, grant) = token::refreshed(app, name).await?;
    let until = match grant.tokens.expires_at {
        Some(end) => format!(", valid until {}", end.rfc3339()),
        None => String::new(),
    };
    output::note(&format!("{name} has a new token{until}"));
    Ok(())
}

pub async fn revoke(app: &App, name: &GrantName) -> Result<(), Failure> {
    revoke::revoke(app, name).await?;
    output::note(&format!("{name} is revoked and its tokens are deleted"));
    Ok(())
}

/// The form that Gmail and Outlook take over IMAP and SMTP.
fn xoauth2(grant: &Grant) -> String {
    let token = grant.tokens.access_token.expose();
    STANDARD.encode(format!("user={}\x01auth=Bearer {token}\x01\x01", grant.name.account))
}
