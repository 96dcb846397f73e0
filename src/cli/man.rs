//! `man`: the manual, one page for each verb, made of what `--help` says.

use super::{Arguments as Program, error::Failure, output};
use clap::{Args, CommandFactory};
use std::fs;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oauth-helper man ~/.local/share/man/man1 && man oauth-helper-token")]
pub struct Arguments {
    /// The folder to write the pages into
    folder: PathBuf,
}

pub fn run(Arguments { folder }: Arguments) -> Result<(), Failure> {
    let failed = |error| Failure::Usage(format!("{}: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(failed)?;
    // The settings are not in the short help; here there is room.
    let program = Program::command().mut_args(|argument| argument.hide_short_help(false));
    clap_mangen::generate_to(program, &folder).map_err(failed)?;
    output::note(&format!(
        "The manual is in {}; start with `man {}/oauth-helper.1`",
        folder.display(),
        folder.display()
    ));
    Ok(())
}
