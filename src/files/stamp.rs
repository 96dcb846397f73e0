//! Whether a file or a folder is still as it was read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

/// How old a file must be for its time to tell it from a later one: file systems count in up to two seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// What changes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: SystemTime,
    length: u64,
    file: (u64, u64),
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Option<Self> {
        let modified = metadata.modified().ok()?;
        Some(Self { modified, length: metadata.len(), file: (metadata.dev(), metadata.ino()) })
    }

    /// Whether a later change of the file cannot leave the same stamp.
    pub fn is_settled(&self) -> bool {
        SystemTime::now().duration_since(self.modified).is_ok_and(|age| age > SETTLED)
    }
}
