//! Writing to the two streams without panicking when a reader goes away.

use super::error::Failure;
use crate::flows::installation::Handed;
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;

/// Writes text as it is.
pub fn stdout(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // `oauth-helper … | head -1` is not a failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

pub fn line(text: &str) -> Result<(), Failure> {
    stdout(&format!("{text}\n"))
}

/// JSON for programs, indented for people who look.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(&serde_json::to_string_pretty(value).map_err(io::Error::from)?)
}

/// A word to the person, which a script does not read.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The script gets the token that there is; a person learns why it is not a newer one.
pub fn handed<T>(handed: Handed<T>) -> T {
    handed.warning.iter().for_each(|warning| note(warning));
    handed.value
}

/// Columns aligned by their widest cell; the last one is not padded.
pub fn table(rows: &[Vec<String>]) -> Result<(), Failure> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let text: String = rows.iter().map(|row| format!("{}\n", aligned(row, &widths))).collect();
    stdout(&text)
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    cells.join("  ").trim_end().to_owned()
}

/// Help and version are answers, anything else is a wrong call.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
