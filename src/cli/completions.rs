//! `completions`: a shell's Tab key, which knows the names of clients too.

use super::{error::Failure, help, open, output};
use crate::flows::Error;
use crate::flows::api_keys::KeyFacts;
use crate::flows::installation::Installation;
use crate::flows::status::Status;
use crate::oauth::name::GrantName;
use crate::presets::{Preset, Presets};
use crate::settings::{Flags, Settings};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, EnvCompleter, Shells};
use std::collections::BTreeSet;

/// What the script sets when it asks us.
const VARIABLE: &str = "OAUTH_HELPER_COMPLETE";
const PROGRAM: &str = "oauth-helper";

/// Answers a shell that asks, and ends the process; otherwise does nothing.
pub fn answer_if_asked() {
    CompleteEnv::with_factory(help::program).var(VARIABLE).bin(PROGRAM).complete();
}

pub fn print(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let known = shells.completer(&shell.to_string());
    let completer: &dyn EnvCompleter =
        known.ok_or_else(|| Failure::Usage(format!("{shell} cannot be taught completions")))?;
    completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    output::stdout(&String::from_utf8_lossy(&script))
}

/// For an argument that is the name of a client.
pub fn clients() -> ArgValueCandidates {
    ArgValueCandidates::new(|| offered(&[Known::Client]))
}

/// For an argument that is a client, or a client with an account.
pub fn grants() -> ArgValueCandidates {
    ArgValueCandidates::new(|| offered(&[Known::Client, Known::Account]))
}

/// For an argument that is one of some words.
pub fn words<const N: usize>(words: [&'static str; N]) -> ArgValueCandidates {
    ArgValueCandidates::new(move || words.into_iter().map(CompletionCandidate::new).collect())
}

/// For an argument that is a well-known server.
pub fn presets() -> ArgValueCandidates {
    let named = |preset: &Preset| CompletionCandidate::new(preset.id.clone()).help(Some(preset.name.clone().into()));
    ArgValueCandidates::new(move || {
        let folder = Settings::load(Flags::default()).ok().and_then(|settings| settings.presets_dir);
        Presets::new(folder).all().iter().map(named).collect()
    })
}

/// For an argument that is an API key's id.
pub fn keys() -> ArgValueCandidates {
    let named = |key: KeyFacts| CompletionCandidate::new(key.id).help(Some(key.label.into()));
    ArgValueCandidates::new(move || {
        let keys = asked(async |installation| installation.keys().await).unwrap_or_default();
        keys.into_iter().map(named).collect()
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Client,
    Account,
}

/// While somebody types, an error is just no help.
fn offered(known: &[Known]) -> Vec<CompletionCandidate> {
    let names = names(known).unwrap_or_default();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// What the installation of the settings answers.
fn asked<T>(question: impl AsyncFnOnce(&Installation) -> Result<T, Error>) -> Result<T, Failure> {
    let settings = Settings::load(Flags::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Ok(question(&open(settings).await?).await?) })
}

fn names(known: &[Known]) -> Result<BTreeSet<String>, Failure> {
    let lines = asked(async |installation| installation.status().await)?;
    let of = |line: Status| {
        let client = line.client.to_string();
        let grant = GrantName { client: line.client, account: line.account };
        known
            .iter()
            .map(move |known| if *known == Known::Client { client.clone() } else { grant.to_string() })
            .collect::<Vec<_>>()
    };
    Ok(lines.into_iter().flat_map(of).collect())
}
