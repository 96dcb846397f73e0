//! The command line: one verb a file. The token and nothing else goes to stdout, everything else to stderr.

mod api_key;
mod audit;
mod authorize;
mod client;
mod command;
mod completions;
mod curl;
mod doctor;
mod duration;
mod elsewhere;
mod error;
mod exec;
mod first_process;
mod git_credential;
mod healthcheck;
mod help;
mod input;
mod kubectl_credential;
mod login_code;
mod man;
mod output;
mod reading;
mod rekey;
mod serve;
mod status;
mod token;
mod wait;
mod watch;

use crate::app::{App, OpenError};
use crate::flows::installation::Installation;
use crate::logging;
use crate::oauth::name::GrantName;
use crate::remote::Remote;
use crate::settings::{Flags, LogLevel, Settings};
use crate::store::Store;
use clap::{Parser, Subcommand};
use elsewhere::here;
use error::Failure;
use std::env;
use std::process::ExitCode;

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

Exit codes: 0 done, 2 usage or configuration, 3 authorization required, 4 unknown client, \
5 the authorization server refused, 6 it could not be reached, 7 the store could not, 1 other.

Settings are options before or after the verb (--help lists them), OAUTHCLIENT_… variables, or \
Rocket.toml: see docs/configuration.md.";

const COMPLETIONS_EXAMPLE: &str = "\
Examples:
  oauth-helper completions bash \\
      > ~/.local/share/bash-completion/completions/oauth-helper
  oauth-helper completions fish > ~/.config/fish/completions/oauth-helper.fish
  echo 'source <(oauth-helper completions zsh)' >> ~/.zshrc";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the web app: pages, callback, HTTP API (what happens when no verb is given)
    #[command(after_help = "Example:\n  oauth-helper serve --port 9000")]
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
    /// Run curl with a fresh access token attached
    Curl(curl::Arguments),
    /// Run a command with fresh access tokens in its environment, or in files that stay fresh
    Exec(exec::Arguments),
    /// Wait until a client is authorized
    Wait(wait::Arguments),
    /// Get a new access token now
    #[command(after_help = "Example:\n  oauth-helper refresh mail@work")]
    Refresh(token::NameArgument),
    /// Withdraw a grant at the authorization server and forget its tokens
    #[command(after_help = "Example:\n  oauth-helper revoke mail@work")]
    Revoke(token::NameArgument),
    /// Show the state of every grant
    Status(status::Arguments),
    /// Print events as they happen, one JSON object a line
    Watch(watch::Arguments),
    /// Print a single-use code that logs a browser in within ten minutes
    #[command(after_help = "Example:\n  docker compose exec oauth-helper oauth-helper login-code")]
    LoginCode,
    /// Create, list and revoke keys for the HTTP API
    #[command(subcommand)]
    ApiKey(api_key::Verb),
    /// Seal everything with the newest of several encryption keys
    #[command(after_help = "Example:\n  OAUTHCLIENT_ENCRYPTION__KEY_FILE=new-and-old oauth-helper rekey")]
    Rekey,
    /// Check settings, files, store and certificates, and say what to do
    #[command(after_help = "Example:\n  oauth-helper doctor")]
    Doctor,
    /// Ask the running server whether it is well; for containers
    #[command(hide = true)]
    Healthcheck,
    /// Answer git, which asks for a password
    GitCredential(git_credential::Arguments),
    /// Answer kubectl, which asks for a credential
    KubectlCredential(kubectl_credential::Arguments),
    /// Print completions for a shell
    #[command(after_help = COMPLETIONS_EXAMPLE)]
    Completions {
        /// bash, zsh, fish, elvish or powershell
        #[arg(hide_possible_values = true)]
        shell: clap_complete::Shell,
    },
    /// Write the manual, one page for each verb
    Man(man::Arguments),
}

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    completions::answer_if_asked();
    // Fails only when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (arguments, entry) = match reading::read(&env::args_os().collect::<Vec<_>>()) {
        Ok(parsed) => parsed,
        Err(error) => return output::usage(&error),
    };
    match dispatch(arguments, entry.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(arguments: Arguments, entry: Option<&audit::Entry>) -> Result<(), Failure> {
    let verb = match arguments.verb.unwrap_or(Verb::Serve) {
        Verb::Completions { shell } => return completions::print(shell),
        Verb::Man(arguments) => return man::run(arguments),
        verb => verb,
    };
    let settings = Settings::load(arguments.flags)?;
    if settings.server.is_some()
        && let Some(why) = elsewhere::stays_local(&verb)
    {
        return Err(elsewhere::refused(why));
    }
    match verb {
        Verb::Serve => return aside(|| serve::run(settings)),
        Verb::Healthcheck => return aside(|| healthcheck::run(&settings)),
        Verb::Doctor => return aside(|| doctor::run(settings)),
        _ => {}
    }
    // A verb says what went wrong itself; a log beside it is for who asks for more.
    let level = Some(settings.log.level).filter(|level| *level > LogLevel::Info).unwrap_or(LogLevel::Error);
    logging::init(level, settings.log.format);
    // One thread: a verb is over before a second one would have started.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { run_verb(open(settings).await?, verb, entry).await })
}

/// The installation that the settings mean.
async fn open(settings: Settings) -> Result<Installation, Failure> {
    let Some(server) = settings.server else { return Ok(Installation::Here(App::open(settings).await?)) };
    let remote = Remote::new(server.url, server.key, settings.outbound.ca_file).map_err(OpenError::from)?;
    Ok(Installation::There(remote))
}

async fn run_verb(installation: Installation, verb: Verb, entry: Option<&audit::Entry>) -> Result<(), Failure> {
    let note = |installation: &Installation, outcome| {
        // What another installation does it notes itself.
        if let (Some(entry), Installation::Here(app)) = (entry, installation) {
            entry.note(app, outcome);
        }
    };
    if matches!(verb, Verb::Curl(_) | Verb::Exec(_)) {
        note(&installation, "begun");
    }
    let done = match verb {
        // These two become another program.
        Verb::Curl(arguments) => return aside(|| Box::pin(curl::run(installation, arguments))).await,
        Verb::Exec(arguments) => return aside(|| Box::pin(exec::run(installation, arguments))).await,
        verb => tokio::select! {
            done = work(&installation, verb) => done,
            told = first_process::told_to_end() => Err(told),
        },
    };
    note(&installation, if done.is_ok() { "done" } else { "failed" });
    let store = match &installation {
        Installation::Here(app) => Some(app.store.clone()),
        Installation::There(_) => None,
    };
    installation.close().await;
    store.iter().for_each(Store::leave);
    done
}

async fn work(installation: &Installation, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Client(verb) => aside(|| Box::pin(client::run(installation, verb))).await,
        Verb::Authorize(arguments) => aside(|| Box::pin(authorize::run(installation, arguments))).await,
        Verb::Token(arguments) => token::token(installation, arguments).await,
        Verb::Header(arguments) => token::header(installation, arguments).await,
        Verb::Wait(arguments) => wait::run(installation, arguments).await,
        Verb::Refresh(NameArgument { name }) => token::refresh(installation, &name).await,
        Verb::Revoke(NameArgument { name }) => token::revoke(installation, &name).await,
        Verb::GitCredential(arguments) => git_credential::run(installation, arguments).await,
        Verb::KubectlCredential(arguments) => kubectl_credential::run(installation, arguments).await,
        Verb::Status(arguments) => status::run(installation, arguments).await,
        Verb::Watch(arguments) => watch::run(installation, arguments).await,
        Verb::LoginCode => login_code::run(here(installation)?).await,
        Verb::ApiKey(verb) => api_key::run(installation, verb).await,
        Verb::Rekey => rekey::run(here(installation)?).await,
        // Done already.
        Verb::Curl(_) | Verb::Exec(_) | Verb::Serve | Verb::Healthcheck => Ok(()),
        Verb::Doctor | Verb::Completions { .. } | Verb::Man(_) => Ok(()),
    }
}

/// Takes the room that something large needs only when it is run: all verbs are tried in one function, so the stack of
/// each would be as large as that of the largest.
#[inline(never)]
fn aside<T>(run: impl FnOnce() -> T) -> T {
    run()
}

use token::NameArgument;

/// `name` or `name@account`, as an argument.
fn grant_name(text: &str) -> Result<GrantName, String> {
    text.parse().map_err(|error: crate::oauth::name::BadName| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::{Command, CommandFactory};

    fn without_example(command: &Command, above: &str) -> Vec<String> {
        let name = format!("{above} {}", command.get_name());
        let verbs: Vec<_> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
        if !verbs.is_empty() {
            return verbs.into_iter().flat_map(|verb| without_example(verb, &name)).collect();
        }
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let verb = name.trim_start().replacen("oauth-helper", "", 1);
        let verb = verb.trim();
        let shown = help.contains("Example") && help.contains("oauth-helper") && help.contains(verb);
        if shown { Vec::new() } else { vec![name] }
    }

    #[test]
    fn every_verb_shows_an_example() {
        assert_eq!(without_example(&Arguments::command(), ""), Vec::<String>::new());
    }

    #[test]
    fn no_argument_stands_in_the_way_of_another() {
        Arguments::command().debug_assert();
    }
}
