//! `exec --renew`: the command as a child, beside it the files that are kept fresh, and signals that are passed on.

use super::super::{command, error::Failure, output};
use super::files::{Folder, LOOK_AGAIN, TokenFile};
use crate::flows::installation::Installation;
use crate::oauth::name::GrantName;
use rustix::process::{Pid, Signal, kill_process};
use std::convert::Infallible;
use std::io::{self, IsTerminal};
use std::process::Command;
use tokio::process::Child;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// The children of a terminal get these from it, as we do: to pass them on would be to send them twice.
const OF_A_TERMINAL: [Signal; 2] = [Signal::INT, Signal::QUIT];
const PASSED_ON: [Signal; 6] = [Signal::INT, Signal::QUIT, Signal::TERM, Signal::HUP, Signal::USR1, Signal::USR2];

pub async fn run(
    installation: &Installation,
    pairs: &[(String, GrantName)],
    min_valid: i64,
    mut command: Command,
) -> Result<(), Failure> {
    let folder = Folder::create()?;
    let mut files = Vec::new();
    for (variable, name) in pairs {
        let file = TokenFile::write(installation, folder.path().join(variable), name, min_valid).await?;
        command.env(format!("{variable}_FILE"), &file.path);
        files.push(file);
    }
    // From here on a signal ends us no more: the folder has to go.
    let mut signals = signals()?;
    let mut command = tokio::process::Command::from(command);
    let mut child = command.spawn().map_err(|error| command::cannot_start(command.as_std(), &error))?;
    let mut fresh = std::pin::pin!(keep_fresh(installation, &mut files, min_valid));
    loop {
        tokio::select! {
            status = child.wait() => return command::ended(status?),
            Some(signal) = signals.recv() => pass_on(signal, &child),
            never = &mut fresh => match never {},
        }
    }
}

async fn keep_fresh(installation: &Installation, files: &mut [TokenFile], min_valid: i64) -> Infallible {
    let mut failing = false;
    loop {
        let pauses = files.iter().map(|file| file.pause(installation.now(), min_valid));
        tokio::time::sleep(pauses.min().unwrap_or(LOOK_AGAIN)).await;
        let mut failed = false;
        for file in files.iter_mut() {
            if let Err(failure) = file.look_again(installation, min_valid).await {
                failed = true;
                // Once for a row of them: the command has the terminal.
                if !failing {
                    output::note(&format!("oauth-helper: the token in {} grows old: {failure}", file.path.display()));
                }
            }
        }
        failing = failed;
    }
}

/// Every signal that is meant for the command.
fn signals() -> io::Result<mpsc::UnboundedReceiver<Signal>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    for passed in PASSED_ON {
        let (sender, mut arrivals) = (sender.clone(), signal(SignalKind::from_raw(passed.as_raw()))?);
        tokio::spawn(async move { while arrivals.recv().await.is_some() && sender.send(passed).is_ok() {} });
    }
    Ok(receiver)
}

fn pass_on(signal: Signal, child: &Child) {
    if OF_A_TERMINAL.contains(&signal) && io::stdin().is_terminal() {
        return;
    }
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id {
        // It may have ended just now.
        let _ = kill_process(id, signal);
    }
}
