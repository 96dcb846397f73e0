//! Running another program in our place, with the exit codes that a shell would give.

use super::error::Failure;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};

/// This process becomes the command: signals, the terminal and the exit code are its own. Comes back only with why not.
pub fn become_it(mut command: Command) -> Failure {
    let error = command.exec();
    cannot_start(&command, &error)
}

pub fn cannot_start(command: &Command, error: &io::Error) -> Failure {
    let program = command.get_program().display();
    let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    let next = match code {
        127 => {
            ". Install it; the image of this program holds no other one, so there put oauth-helper into an image that \
                has it (docs/containers.md)"
        }
        _ => "",
    };
    Failure::Command { said: format!("{program} cannot be started: {error}{next}"), code }
}

/// How the command ended is how we end.
pub fn ended(status: ExitStatus) -> Result<(), Failure> {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    match code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1) {
        0 => Ok(()),
        code => Err(Failure::Command { said: String::new(), code }),
    }
}

pub fn of(words: &[OsString]) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().map(OsString::as_os_str).unwrap_or_default());
    command.args(words);
    command
}
