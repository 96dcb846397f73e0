//! `token`, `header`, `refresh`, `revoke`.

use super::{completions, error::Failure, grant_name, output};
use crate::flows::installation::{Installation, Wanted};
use crate::flows::token::MIN_VALID_S;
use crate::flows::token_answer::TokenAnswer;
use crate::flows::token_text;
use crate::oauth::definition::DEFAULT_LOGIN;
use crate::oauth::name::GrantName;
use crate::oauth::sasl;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  TOKEN=$(oauth-helper token mail)
  oauth-helper token mail@work --format json
  oauth-helper token mail --format xoauth2 --user me@example.com")]
pub struct TokenArguments {
    #[command(flatten)]
    pub of: Of,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Raw)]
    format: Format,
    /// The mailbox, for xoauth2 and oauthbearer (the account when it is not said); the login, for netrc (oauth2)
    #[arg(long, value_name = "ADDRESS")]
    user: Option<String>,
}

/// Whose token, and how fresh.
#[derive(Debug, Args)]
pub struct Of {
    /// The client, or client@account
    #[arg(value_parser = grant_name, add = completions::grants())]
    pub name: GrantName,
    #[command(flatten)]
    pub fresh: Fresh,
    /// This further token of the same answer instead (response.extra_tokens)
    #[arg(long, value_name = "TOKEN")]
    extra: Option<String>,
}

impl Of {
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { extra: self.extra.as_deref(), ..Wanted::from(self.fresh.min_valid) }
    }
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Fresh {
    /// Seconds the token must still be valid; it is refreshed first when fewer are left
    #[arg(long, value_name = "SECONDS", default_value_t = MIN_VALID_S, value_parser = seconds, allow_negative_numbers = true)]
    pub min_valid: i64,
}

fn seconds(text: &str) -> Result<i64, String> {
    text.parse::<u32>().map(i64::from).map_err(|_| "write a number of seconds, such as 60".to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The token alone
    Raw,
    /// What the HTTP API answers
    Json,
    /// The header line for curl -H @-
    Header,
    /// A line for a shell: ACCESS_TOKEN='…'
    Env,
    /// A line of a netrc file: the host of api.base_url, with the token as password
    Netrc,
    /// The first message of SASL XOAUTH2, for mail programs
    Xoauth2,
    /// The first message of SASL OAUTHBEARER (RFC 7628)
    Oauthbearer,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oauth-helper header mail | curl -H @- https://api.example.com/me")]
pub struct HeaderArguments {
    #[command(flatten)]
    of: Of,
}

#[derive(Debug, Args)]
pub struct NameArgument {
    /// The client, or client@account
    #[arg(value_parser = grant_name, add = completions::grants())]
    pub name: GrantName,
}

pub async fn token(installation: &Installation, arguments: TokenArguments) -> Result<(), Failure> {
    let TokenArguments { of, format, user } = arguments;
    if format == Format::Header {
        return print_header(installation, &of).await;
    }
    let token = output::handed(installation.token(&of.name, of.wanted()).await?);
    let text = token.access_token.expose();
    match format {
        Format::Json => output::json(&token),
        Format::Env => output::line(token_text::variable(&token).expose()),
        Format::Netrc => {
            let attachment = installation.attachment(&of.name, of.wanted()).await?.value;
            let login = user.as_deref().unwrap_or(DEFAULT_LOGIN);
            output::line(token_text::netrc(&token, &attachment, login)?.expose())
        }
        Format::Xoauth2 => output::line(sasl::xoauth2(&mailbox(&token, user)?, &token.access_token).expose()),
        Format::Oauthbearer => output::line(sasl::oauthbearer(&mailbox(&token, user)?, &token.access_token).expose()),
        Format::Raw | Format::Header => output::line(text),
    }
}

pub async fn header(installation: &Installation, arguments: HeaderArguments) -> Result<(), Failure> {
    print_header(installation, &arguments.of).await
}

async fn print_header(installation: &Installation, of: &Of) -> Result<(), Failure> {
    let attachment = output::handed(installation.attachment(&of.name, of.wanted()).await?);
    output::line(token_text::header(&of.name, &attachment)?.expose())
}

pub async fn refresh(installation: &Installation, name: &GrantName) -> Result<(), Failure> {
    let grant = installation.refreshed(name).await?;
    let until = match grant.expires_at {
        Some(end) => format!(", valid until {}", end.rfc3339()),
        None => String::new(),
    };
    output::note(&format!("{name} has a new token{until}"));
    Ok(())
}

pub async fn revoke(installation: &Installation, name: &GrantName) -> Result<(), Failure> {
    installation.revoke(name).await?;
    output::note(&format!("{name} is revoked and its tokens are deleted"));
    Ok(())
}

/// Who owns the mailbox.
fn mailbox(token: &TokenAnswer, user: Option<String>) -> Result<String, Failure> {
    match user {
        Some(user) if user.contains(char::is_control) => Err(Failure::Usage("--user: write an address".to_owned())),
        Some(user) => Ok(user),
        None if !token.account.is_default() => Ok(token.account.to_string()),
        None => {
            let client = &token.client;
            let said = format!("say whose mailbox: --user you@example.com, or the account, {client}@you@example.com");
            Err(Failure::Usage(said))
        }
    }
}
