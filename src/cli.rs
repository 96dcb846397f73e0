//! The command line: one verb a file. The token and nothing else goes to stdout, everything else to stderr.

mod api_key;
mod authorize;
mod client;
mod doctor;
mod error;
mod healthcheck;
mod input;
mod login_code;
mod output;
mod rekey;
mod serve;
mod status;
mod token;
mod watch;

use crate::app::App;
use crate::logging;
use crate::oauth::name::GrantName;
use crate::settings::{Flags, LogLevel, Settings};
use clap::{CommandFactory, Parser, Subcommand};
use error::Failure;
use std::process::ExitCode;
use std::time::Duration;

/// Define an OAuth client once, authorize it, and every script has a fresh token from then on.
#[derive(Debug, Parser)]
#[command(name = "oauth-helper", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    verb: Option<Verb>,
}

const EXAMPLES: &str = "\
First token, in the browser:
  oauth-helper serve

First token, without leaving the terminal:
  oauth-helper client add mail --issuer https://accounts.example.com \\
      --client-id ID --client-secret-file FILE
  oauth-helper authorize mail
  oauth-helper header mail | curl -H @- https://api.example.com/me

Exit codes: 0 done, 2 usage or configuration, 3 authorization required, 4 unknown client,
5 the authorization server refused, 6 it could not be reached, 7 the store could not, 1 other.
Settings are options before or after the verb (--help lists them), OAUTHCLIENT_… variables, or
Rocket.toml: see docs/configuration.md.";

/// How long a verb that is over waits until what it has to tell is told.
const LAST_WORDS: Duration = Duration::from_secs(5);

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the web app: pages, callback, HTTP API (what happens when no verb is given)
    Serve,
    /// List, show, add, edit, delete, import and export clients
    #[command(subcommand)]
    Client(client::Verb),
    /// Authorize a client in a browser, on another device or with a password, and wait for the result
    Authorize(authorize::Arguments),
    /// Print a fresh access token
    Token(token::TokenArguments),
    /// Print the header that carries a fresh access token, ready for curl -H @-
    Header(token::HeaderArguments),
    /// Get a new access token now
    Refresh(token::NameArgument),
    /// Withdraw a grant at the authorization server and forget its tokens
    Revoke(token::NameArgument),
    /// Show the state of every grant
    Status(status::Arguments),
    /// Print events as they happen, one JSON object a line
    Watch(watch::Arguments),
    /// Print a single-use code that logs a browser in within ten minutes
    LoginCode,
    /// Create, list and revoke keys for the HTTP API
    #[command(subcommand)]
    ApiKey(api_key::Verb),
    /// Seal everything with the newest of several encryption keys
    Rekey,
    /// Check settings, files, store and certificates, and say what to do
    Doctor,
    /// Ask the running server whether it is well; for containers
    #[command(hide = true)]
    Healthcheck,
    /// Print completions for a shell
    Completions { shell: clap_complete::Shell },
}

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    // Fails only when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let verb = arguments.verb.unwrap_or(Verb::Serve);
    if let Verb::Completions { shell } = verb {
        return completions(shell);
    }
    let settings = Settings::load(arguments.flags)?;
    match verb {
        Verb::Serve => return serve::run(settings),
        Verb::Healthcheck => return healthcheck::run(&settings),
        Verb::Doctor => return doctor::run(settings),
        _ => {}
    }
    // A verb says what went wrong itself; a log beside it is for who asks for more.
    let level = Some(settings.log.level).filter(|level| *level > LogLevel::Info).unwrap_or(LogLevel::Error);
    logging::init(level, settings.log.format);
    // One thread: a verb is over before a second one would have started.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = App::open(settings).await?;
        let done = match verb {
            Verb::Client(verb) => client::run(&app, verb).await,
            Verb::Authorize(arguments) => authorize::run(&app, arguments).await,
            Verb::Token(arguments) => token::token(&app, arguments).await,
            Verb::Header(arguments) => token::header(&app, arguments).await,
            Verb::Refresh(NameArgument { name }) => token::refresh(&app, &name).await,
            Verb::Revoke(NameArgument { name }) => token::revoke(&app, &name).await,
            Verb::Status(arguments) => status::run(&app, arguments).await,
            Verb::Watch(arguments) => watch::run(&app, arguments).await,
            Verb::LoginCode => login_code::run(&app).await,
            Verb::ApiKey(verb) => api_key::run(&app, verb).await,
            Verb::Rekey => rekey::run(&app).await,
            Verb::Serve | Verb::Healthcheck | Verb::Doctor | Verb::Completions { .. } => Ok(()),
        };
        // What happened is told before the process is no more.
        let _ = tokio::time::timeout(LAST_WORDS, app.work.done()).await;
        done
    })
}

use token::NameArgument;

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "oauth-helper", &mut script);
    output::stdout(&String::from_utf8_lossy(&script))
}

/// `name` or `name@account`, as an argument.
fn grant_name(text: &str) -> Result<GrantName, String> {
    text.parse().map_err(|error: crate::oauth::name::BadName| error.to_string())
}
