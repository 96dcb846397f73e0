//! The operator's own command, the one program that the server starts: no shell, nothing of our environment but what is
//! handed on by name, and an end after some time.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Bytes of its standard error that are looked at, and characters of a line that are kept.
const MOST_READ: u64 = 4096;
const LONGEST_LINE: usize = 200;
/// A child of the command may hold its standard error open for ever.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A command that came to its end.
#[derive(Debug)]
pub struct Ended {
    /// Such as `exit status: 1`.
    pub status: ExitStatus,
    /// The first line that it wrote to standard error, without control characters and cut. What is in it is not ours to
    /// know, so it is for the operator's eyes and no log.
    pub line: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot be started: {0}")]
    Start(#[from] io::Error),
    #[error("did not end within {} s and was killed", .0.as_secs())]
    TimedOut(Duration),
}

/// Runs a program with its arguments, with these variables and no others, and `input` on its standard input.
///
/// # Errors
/// [`Error::Start`] where there is no such program, [`Error::TimedOut`] after `limit`: it is killed then, with its group.
pub async fn run(
    argv: &[String],
    variables: &[(String, String)],
    input: &str,
    limit: Duration,
) -> Result<Ended, Error> {
    let (program, arguments) = argv.split_first().ok_or_else(|| io::Error::other("it has no name"))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(variables.iter().map(|(name, value)| (name, value))).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let ended = timeout(limit, end(&mut child, input)).await;
    match ended {
        Ok(ended) => Ok(ended?),
        Err(_) => {
            kill_group(&child);
            let _ = child.kill().await;
            Err(Error::TimedOut(limit))
        }
    }
}

async fn end(child: &mut Child, input: &str) -> io::Result<Ended> {
    let line = child.stderr.take().map(|stderr| tokio::spawn(first_line(stderr)));
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not care what happened closes its end.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let status = child.wait().await?;
    let line = match line {
        Some(line) => timeout(LAST_WORDS, line).await.ok().and_then(Result::ok).unwrap_or_default(),
        None => String::new(),
    };
    Ok(Ended { status, line })
}

/// Reads on to the end, so that a command which says much does not wait for a reader.
async fn first_line(mut from: impl AsyncRead + Unpin + Send + 'static) -> String {
    let mut bytes = Vec::new();
    let _ = (&mut from).take(MOST_READ).read_to_end(&mut bytes).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line = line.chars().filter(|c| !c.is_control()).take(LONGEST_LINE).collect();
    if bytes.len() as u64 == MOST_READ {
        tokio::spawn(async move { tokio::io::copy(&mut from, &mut tokio::io::sink()).await });
    }
    line
}

#[cfg(unix)]
fn kill_group(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(group) = group {
        // It may be gone by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: &Child) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Vec<String> {
        ["/bin/sh", "-c", line].map(str::to_owned).to_vec()
    }

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn its_exit_code_and_one_line_are_told() {
        let ended = run(&shell("cat >&2; exit 3"), &[], "it broke\x1b[31m\nand more", LONG).await.unwrap();
        assert_eq!((ended.status.code(), ended.line.as_str()), (Some(3), "it broke[31m"));
        let much = run(&shell("yes canary | head -c 1000000 >&2"), &[], "", LONG).await.unwrap();
        assert_eq!((much.status.code(), much.line.as_str()), (Some(0), "canary"));
    }

    #[tokio::test]
    async fn it_sees_what_it_is_given_and_nothing_else() {
        let variables = [("SEEN".to_owned(), "yes".to_owned())];
        let ended = run(&shell("echo $SEEN $CARGO $HOME >&2"), &variables, "", LONG).await.unwrap();
        assert_eq!(ended.line, "yes");
    }

    #[tokio::test]
    async fn it_ends_in_time_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("left");
        let line = format!("(sleep 3; touch {}) & sleep 60", left.display());
        let error = run(&shell(&line), &[], "", Duration::from_millis(300)).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
        let survivors = std::process::Command::new("pgrep").args(["-f", &left.display().to_string()]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&survivors.stdout), "");
        assert!(matches!(run(&["/no/such".to_owned()], &[], "", LONG).await, Err(Error::Start(_))));
    }
}
