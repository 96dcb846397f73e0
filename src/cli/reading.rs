//! What was typed, understood.

use super::token::{HeaderArguments, TokenArguments};
use super::{Arguments, Verb, audit, help};
use crate::settings::Flags;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand};
use std::cell::RefCell;
use std::ffi::{OsStr, OsString};

thread_local! {
    /// The line that is read, while only the verbs in it are of interest.
    static LINE: RefCell<Option<Vec<OsString>>> = const { RefCell::new(None) };
}

/// What a verb is given: hundreds of arguments in all, so while a line is read, they are described for the verbs alone
/// whose names are in it.
#[derive(Debug)]
pub struct Given<T>(pub T);

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

/// A line without a mistake, in a part of the time, and whether settings were looked for in it: of all verbs only the
/// named one is known, and the settings, which are options, only where the line has options.
fn quickly(words: &[OsString]) -> Option<(ArgMatches, bool)> {
    let verb = words.get(1).and_then(|word| often_called(word)).or_else(|| named_in(words))?;
    let program = Command::new("oauth-helper").subcommand(verb);
    let has_options = words.iter().any(|word| word.as_encoded_bytes().starts_with(b"-"));
    let program = if has_options { Flags::augment_args(program) } else { program };
    Some((program.try_get_matches_from(words).ok()?, has_options))
}

/// What scripts call again and again is described without the other verbs.
fn often_called(word: &OsStr) -> Option<Command> {
    let (name, describe): (_, fn(Command) -> Command) = match word.to_str()? {
        "token" => ("token", TokenArguments::augment_args),
        "header" => ("header", HeaderArguments::augment_args),
        _ => return None,
    };
    Some(describe(Command::new(name)))
}

fn named_in(words: &[OsString]) -> Option<Command> {
    LINE.set(Some(words.to_vec()));
    let verbs = Verb::augment_subcommands(Command::default());
    LINE.set(None);
    words.iter().skip(1).find_map(|word| verbs.find_subcommand(word)).cloned()
}

fn is_of_interest(verb: &Command) -> bool {
    LINE.with_borrow(|line| line.as_ref().is_none_or(|line| line.iter().any(|word| word == verb.get_name())))
}

impl<T: Args> Args for Given<T> {
    fn augment_args(verb: Command) -> Command {
        if is_of_interest(&verb) { T::augment_args(verb) } else { verb }
    }

    fn augment_args_for_update(verb: Command) -> Command {
        T::augment_args_for_update(verb)
    }
}

impl<T: Subcommand> Subcommand for Given<T> {
    fn augment_subcommands(verb: Command) -> Command {
        if is_of_interest(&verb) { T::augment_subcommands(verb) } else { verb }
    }

    fn augment_subcommands_for_update(verb: Command) -> Command {
        T::augment_subcommands_for_update(verb)
    }

    fn has_subcommand(name: &str) -> bool {
        T::has_subcommand(name)
    }
}

impl<T: FromArgMatches> FromArgMatches for Given<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_by_all_verbs_whichever_it_names() {
        for line in [
            "token mail@work",
            "token mail@work --format json --port 9000",
            "header mail --min-valid 90",
            "--data-dir token client edit mail --set notes=x",
            "--log-level debug exec mail -- token status",
            "api-key create backup --client mail",
            "serve",
        ] {
            let words: Vec<OsString> = format!("oauth-helper {line}").split(' ').map(OsString::from).collect();
            let matches = help::program().try_get_matches_from(&words).unwrap();
            let whole = format!("{:?}", Arguments::from_arg_matches(&matches).unwrap());
            assert_eq!(format!("{:?}", read(&words).unwrap().0), whole, "{line}");
        }
        let quick = |line: [&str; 3]| quickly(&line.map(OsString::from)).is_some();
        assert!(quick(["oauth-helper", "token", "mail"]));
        assert!(!quick(["oauth-helper", "tokens", "mail"]));
        assert!(!quick(["oauth-helper", "token", "--frmat"]));
    }
}
