//! What was typed, understood.

use super::token::{HeaderArguments, NameArgument, TokenArguments};
use super::{Arguments, Verb, audit, curl, exec, git_credential, help, kubectl_credential, status, wait, watch};
use crate::settings::Flags;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use std::ffi::OsString;

/// Adds a verb's arguments.
type Describe = fn(Command) -> Command;

/// What scripts call. Such a verb is read without a look at the others, which have hundreds of arguments.
const CALLED_BY_SCRIPTS: [(&str, Describe); 11] = [
    ("curl", curl::Arguments::augment_args),
    ("exec", exec::Arguments::augment_args),
    ("git-credential", git_credential::Arguments::augment_args),
    ("header", HeaderArguments::augment_args),
    ("kubectl-credential", kubectl_credential::Arguments::augment_args),
    ("refresh", NameArgument::augment_args),
    ("revoke", NameArgument::augment_args),
    ("status", status::Arguments::augment_args),
    ("token", TokenArguments::augment_args),
    ("wait", wait::Arguments::augment_args),
    ("watch", watch::Arguments::augment_args),
];

/// The words of a line, and what the audit log is to say of it. An error is also what `--help` shows.
pub fn read(words: &[OsString]) -> Result<(Arguments, Option<audit::Entry>), Error> {
    let (matches, has_settings) = match quickly(words) {
        Some(understood) => understood,
        None => (help::program().try_get_matches_from(words)?, true),
    };
    let flags = if has_settings { Flags::from_arg_matches(&matches)? } else { Flags::default() };
    let verb = matches.subcommand().map(|_| Verb::from_arg_matches(&matches)).transpose()?;
    Ok((Arguments { flags, verb }, audit::Entry::of(&matches)))
}

/// A script's line without a mistake, in a part of the time, and whether settings were looked for in it: they are options,
/// so they are known only where the line has any.
fn quickly(words: &[OsString]) -> Option<(ArgMatches, bool)> {
    let named = words.get(1)?;
    let (verb, describe) = CALLED_BY_SCRIPTS.into_iter().find(|(verb, _)| named == verb)?;
    let program = Command::new("oauth-helper").subcommand(describe(Command::new(verb)));
    let has_options = words.iter().any(|word| word.as_encoded_bytes().starts_with(b"-"));
    let program = if has_options { Flags::augment_args(program) } else { program };
    Some((program.try_get_matches_from(words).ok()?, has_options))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 15] = [
        "curl mail -- --port 1 https://api.example.com",
        "exec mail --env TOKEN -- token status",
        "git-credential get --client mail",
        "header mail --min-valid 90",
        "kubectl-credential mail",
        "refresh mail@work",
        "revoke mail --log-level debug",
        "status --json",
        "token mail@work",
        "token mail@work --format json --port 9000",
        "wait mail --timeout 1",
        "watch",
        "--data-dir token client edit mail --set notes=x",
        "api-key create backup --client mail",
        "serve",
    ];

    fn words(line: &str) -> Vec<OsString> {
        format!("oauth-helper {line}").split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_line_is_read_as_by_all_verbs_whichever_it_names() {
        for line in LINES {
            let matches = help::program().try_get_matches_from(words(line)).unwrap();
            let whole = format!("{:?}", Arguments::from_arg_matches(&matches).unwrap());
            assert_eq!(format!("{:?}", read(&words(line)).unwrap().0), whole, "{line}");
        }
    }

    #[test]
    fn what_scripts_call_is_read_quickly_unless_there_is_a_mistake_in_it() {
        for (verb, _) in CALLED_BY_SCRIPTS {
            let line = LINES.into_iter().find(|line| line.split(' ').next() == Some(verb)).unwrap();
            assert!(quickly(&words(line)).is_some(), "{line}");
        }
        for line in ["tokens mail", "token mail --frmat json", "token", "token --help"] {
            assert!(quickly(&words(line)).is_none(), "{line}");
        }
    }
}
