//! How the program describes itself. The settings, which are options of every verb, are listed once: below `--help` itself.

use super::{Arguments, EXAMPLES};
use clap::{Arg, Command, CommandFactory};

const SETTINGS_ARE_ELSEWHERE: &str = "Settings, such as --server: `oauth-helper --help`";

/// The program with all its verbs, as it is run.
pub fn program() -> Command {
    let program = Arguments::command();
    let whole = format!("{EXAMPLES}\n\nSettings, before or after any verb:\n{}", settings(&program));
    let program = program.mut_args(|argument| {
        let is_setting = argument.is_global_set();
        argument.hide(is_setting)
    });
    program.mut_subcommands(pointing).after_long_help(whole)
}

fn pointing(verb: Command) -> Command {
    let said = verb.get_after_help().map(|help| format!("{help}\n\n")).unwrap_or_default();
    verb.mut_subcommands(pointing).after_help(said + SETTINGS_ARE_ELSEWHERE)
}

fn settings(program: &Command) -> String {
    let settings = program.get_arguments().filter(|argument| argument.is_global_set());
    settings.map(described).collect::<Vec<_>>().join("\n")
}

/// `--port <PORT>`, and what it is on the next line.
fn described(setting: &Arg) -> String {
    let help = setting.get_help().map(ToString::to_string).unwrap_or_default();
    let takes_value = setting.get_action().takes_values();
    let value = setting.get_value_names().into_iter().flatten().next().filter(|_| takes_value);
    let value = value.map(|name| format!(" <{name}>")).unwrap_or_default();
    format!("  --{}{value}\n      {help}", setting.get_long().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the words that lead there.
    fn all(command: Command, above: &str) -> Vec<(String, Command)> {
        let name = format!("{above} {}", command.get_name());
        let below = command.get_subcommands().cloned().collect::<Vec<_>>();
        let below = below.into_iter().flat_map(|verb| all(verb, &name));
        below.chain([(name.clone(), command)]).collect()
    }

    #[test]
    fn every_argument_is_explained() {
        for (name, command) in all(program(), "") {
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{name}: {}", argument.get_id());
            }
        }
    }

    #[test]
    fn no_example_is_wider_than_a_terminal() {
        for (name, command) in all(program(), "") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter(|line| line.starts_with("  ")) {
                assert!(line.chars().count() <= 80, "{name}: {line}");
            }
        }
    }

    #[test]
    fn the_settings_are_listed_once() {
        let mut program = program();
        let whole = program.render_long_help().to_string();
        let of_verb = program.find_subcommand_mut("token").unwrap().render_long_help().to_string();
        assert!(whole.contains("--data-dir <FOLDER>") && whole.contains("--tls-self-signed\n"), "{whole}");
        assert!(!of_verb.contains("--data-dir") && of_verb.contains("--help`"), "{of_verb}");
        assert_eq!(whole.matches("--data-dir").count(), 1);
    }
}
