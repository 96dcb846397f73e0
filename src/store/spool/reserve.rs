//! Room on the disk that is taken in good time, and given up when something that must not be lost needs it.

use crate::files;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const NAME: &str = "reserve";

/// Bytes: enough for the tokens that can be on their way when a disk fills up.
const SIZE: usize = 1024 * 1024;

#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join(NAME) }
    }

    /// An error: the disk has not that much room.
    pub fn ensure(&self) -> io::Result<()> {
        if fs::metadata(&self.path).is_ok_and(|found| found.len() == SIZE as u64) {
            return Ok(());
        }
        // Zeros would take no room on a disk that compresses or leaves holes.
        let mut bytes = vec![0; SIZE];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        files::write_private(&self.path, &bytes).map_err(|error| error.source)
    }

    pub fn give_up(&self) {
        // Where there is none, there is nothing to gain.
        let _ = fs::remove_file(&self.path);
    }
}
