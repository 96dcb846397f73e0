//! What was typed, understood.

use super::{Arguments, Verb, audit, help};
use crate::settings::Flags;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand};
use std::cell::RefCell;
use std::ffi::OsString;

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
    let quick = of_named_verb(words).and_then(|command| command.try_get_matches_from(words).ok());
    let matches = quick.map_or_else(|| help::program().try_get_matches_from(words), Ok)?;
    Ok((Arguments::from_arg_matches(&matches)?, audit::Entry::of(&matches)))
}

/// What reads a line without a mistake, in a part of the time: of all verbs it knows only the one that is named.
fn of_named_verb(words: &[OsString]) -> Option<Command> {
    LINE.set(Some(words.to_vec()));
    let verbs = Verb::augment_subcommands(Command::default());
    LINE.set(None);
    let named = words.iter().skip(1).find_map(|word| verbs.find_subcommand(word))?;
    Some(Flags::augment_args(Command::new("oauth-helper")).subcommand(named.clone()))
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
            "token mail@work --format json --port 9000",
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
        let plain = ["oauth-helper", "token", "mail"].map(OsString::from);
        assert!(of_named_verb(&plain).unwrap().try_get_matches_from(&plain).is_ok());
        assert!(of_named_verb(&["oauth-helper", "tokens"].map(OsString::from)).is_none());
    }
}
