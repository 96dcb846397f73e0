//! Whether a file or a folder is still as it was read.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How old a file must be for its time to tell it from a later one: file systems count in up to two seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// How long it counts that a path leads to a file.
const FOLLOWED: Duration = Duration::from_secs(1);

/// What changes with it, and also when it is renamed, replaced or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: SystemTime,
    length: u64,
    file: (u64, u64),
    /// Of the file's entry in the file system: seconds, nanoseconds. Nobody can set it back.
    changed: (i64, i64),
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Option<Self> {
        Some(Self {
            modified: metadata.modified().ok()?,
            length: metadata.len(),
            file: (metadata.dev(), metadata.ino()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    /// Whether a later change of the file cannot leave the same stamp.
    pub fn is_settled(&self) -> bool {
        let changed = u64::try_from(self.changed.0).unwrap_or_default();
        let last = self.modified.max(SystemTime::UNIX_EPOCH + Duration::from_secs(changed));
        SystemTime::now().duration_since(last).is_ok_and(|age| age > SETTLED)
    }
}

/// A file that is asked for often whether it is as it was read. It is kept open, so that its path is followed once a second
/// only: what takes its place by another way than over itself, such as a link that leads elsewhere, is noticed then.
#[derive(Debug)]
pub struct Watched {
    file: File,
    stamp: Stamp,
    followed: Mutex<Instant>,
}

impl Watched {
    /// To be called before the file is read. `None` where it has no times.
    pub fn of(file: File) -> Option<Self> {
        let stamp = Stamp::of(&file.metadata().ok()?)?;
        Some(Self { file, stamp, followed: Mutex::new(Instant::now()) })
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn is_settled(&self) -> bool {
        self.stamp.is_settled()
    }

    /// Whether `path` still leads to the same file, and that is as it was.
    pub fn is_unchanged(&self, path: &Path) -> bool {
        let found = if self.is_to_be_followed() { fs::metadata(path) } else { self.file.metadata() };
        found.is_ok_and(|found| Stamp::of(&found) == Some(self.stamp))
    }

    fn is_to_be_followed(&self) -> bool {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = followed.elapsed() > FOLLOWED;
        if is_due {
            *followed = Instant::now();
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A file in a folder of its own, watched at this path.
    fn watched(path: &Path) -> Watched {
        fs::write(path, "one").unwrap();
        Watched::of(File::open(path).unwrap()).unwrap()
    }

    #[test]
    fn whatever_is_done_to_a_file_is_noticed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        let times = fs::FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
        let edited_with_its_old_time = || {
            fs::write(&path, "two").unwrap();
            File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
        };
        let replaced = || {
            fs::write(&other, "two").unwrap();
            fs::rename(&other, &path).unwrap();
        };
        let moved = || fs::rename(&path, &other).unwrap();
        let removed = || fs::remove_file(&path).unwrap();
        let all: [(&str, &dyn Fn()); 4] = [
            ("edited", &edited_with_its_old_time),
            ("replaced", &replaced),
            ("moved away", &moved),
            ("removed", &removed),
        ];
        for (what, change) in all {
            let file = watched(&path);
            assert!(file.is_unchanged(&path), "{what}");
            change();
            assert!(!file.is_unchanged(&path), "{what}");
        }
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_noticed_after_a_second() {
        let folder = tempfile::tempdir().unwrap();
        let [link, one, two] = ["link", "one", "two"].map(|name| folder.path().join(name));
        symlink(&one, &link).unwrap();
        let file = watched(&link);
        fs::write(&two, "two").unwrap();
        fs::remove_file(&link).unwrap();
        symlink(&two, &link).unwrap();
        *file.followed.lock().unwrap() = Instant::now().checked_sub(FOLLOWED * 2).unwrap();
        assert!(!file.is_unchanged(&link));
    }
}
