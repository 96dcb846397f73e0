//! Files that only we may read: written whole or not at all, and locked between processes.

mod stamp;

pub use stamp::{Stamp, Watched};

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A file could not be used. The message names it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {source}{hint}", path = path.display(), hint = hint(source))]
pub struct FileError {
    pub action: Action,
    pub path: PathBuf,
    pub source: io::Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Read,
    Write,
    Remove,
    Lock,
    CreateFolder,
}

/// What [`create_private`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    Created,
    /// Another process was first, or the file was there before. It is as it was.
    Existed,
}

/// While this lives, no other process holds the lock of the same file.
#[derive(Debug)]
#[must_use]
pub struct FileLock {
    _file: File,
}

/// Replaces a file by these bytes, or leaves it as it was: after a crash it is the old or the new one, whole. Only the
/// owner may read it (0600). A symbolic link stays one, its target is replaced. Creates the last folder if need be.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_at(&resolve(path), path, bytes)
}

/// The same where nobody's link is to lead elsewhere: one in this place is replaced itself.
pub fn write_private_here(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_at(path, path, bytes)
}

fn write_at(target: &Path, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let folder = ensure_folder(target)?;
    let failed = |source| FileError { action: Action::Write, path: path.to_owned(), source };
    let temporary = Temporary::create(target, bytes).map_err(failed)?;
    fs::rename(&temporary.path, target).and_then(|()| sync_folder(folder)).map_err(failed)
}

/// Removes a file. That there is none is no error.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(FileError { action: Action::Remove, path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Creates a file with these bytes, or leaves the one that is there. Of several processes, one wins.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<Creation, FileError> {
    let target = resolve(path);
    let folder = ensure_folder(&target)?;
    let failed = |source| FileError { action: Action::Write, path: path.to_owned(), source };
    let temporary = Temporary::create(&target, bytes).map_err(failed)?;
    // Unlike a rename, a link never replaces anything.
    match fs::hard_link(&temporary.path, &target) {
        Ok(()) => sync_folder(folder).map(|()| Creation::Created).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Creation::Existed),
        Err(error) => Err(failed(error)),
    }
}

/// Reads a file whole.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError { action: Action::Read, path: path.to_owned(), source })
}

/// Adds a line to a file that only we may read, in one write, so that the lines of several processes do not mix. Beyond
/// `most` bytes the file becomes `NAME.1`, in place of the one before, and a new one begins.
pub fn append_private(path: &Path, line: &str, most: u64) -> Result<(), FileError> {
    let failed = |source| FileError { action: Action::Write, path: path.to_owned(), source };
    if fs::metadata(path).is_ok_and(|found| found.len() > most) {
        fs::rename(path, beside(path, "", ".1")).map_err(failed)?;
    }
    let mut file = private_options().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(format!("{line}\n").as_bytes()).map_err(failed)
}

/// Waits until no other process holds the lock of this file. The lock is a file beside it, `NAME.lock`, which stays.
/// Blocks the thread.
pub fn lock(path: &Path) -> Result<FileLock, FileError> {
    let target = resolve(path);
    ensure_folder(&target)?;
    let lock_path = beside(&target, "", ".lock");
    let locked = private_options().create(true).truncate(false).open(&lock_path).and_then(|file| {
        file.lock()?;
        Ok(FileLock { _file: file })
    });
    locked.map_err(|source| FileError { action: Action::Lock, path: lock_path, source })
}

/// Creates a folder that only we may enter (0700), with the folders above it.
pub fn create_private_folder(path: &Path) -> Result<(), FileError> {
    create_folder(path, true)
}

fn create_folder(path: &Path, recursive: bool) -> Result<(), FileError> {
    let mut builder = DirBuilder::new();
    builder.recursive(recursive);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        result => result.map_err(|source| FileError { action: Action::CreateFolder, path: path.to_owned(), source }),
    }
}

/// The folder of a file, created if only it is missing.
fn ensure_folder(path: &Path) -> Result<&Path, FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        create_folder(folder, false)?;
    }
    Ok(folder)
}

/// Follows symbolic links, also those to files that do not exist yet.
fn resolve(path: &Path) -> PathBuf {
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    path
}

fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{before}{name}{after}"))
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A new name is durable once its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// A complete, durable file under a name of its own; removed when dropped, unless it was renamed.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn create(target: &Path, bytes: &[u8]) -> io::Result<Self> {
        let random = getrandom::u64().map_err(io::Error::other)?;
        let temporary = Self { path: beside(target, ".", &format!(".{random:016x}.tmp")) };
        let mut file = private_options().create_new(true).open(&temporary.path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&self.path);
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ResourceBusy => " (a single file mounted into a container cannot be replaced; mount its folder)",
        io::ErrorKind::NotFound => " (the folder above it has to exist)",
        _ => "",
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Action::Read => "read",
            Action::Write => "write",
            Action::Remove => "remove",
            Action::Lock => "lock",
            Action::CreateFolder => "create the folder",
        })
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt, sync::atomic::AtomicUsize, sync::atomic::Ordering, thread};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_private_file_is_replaced_whole_and_only_for_us() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("secret");
        write_private(&path, b"first").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write_private(&path, b"second").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"second".to_vec(), 0o600));
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(names(path.parent().unwrap()), ["secret"]);
    }

    #[test]
    fn a_symbolic_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("real/target"));
        std::os::unix::fs::symlink("real/target", &link).unwrap();
        for bytes in [b"dangling".as_slice(), b"existing"] {
            write_private(&link, bytes).unwrap();
            assert_eq!(fs::read(&target).unwrap(), bytes);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        write_private_here(&link, b"here").unwrap();
        assert_eq!((fs::read(&link).unwrap(), fs::read(&target).unwrap()), (b"here".to_vec(), b"existing".to_vec()));
    }

    #[test]
    fn an_error_names_the_path_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/secret");
        let error = write_private(&path, b"x").unwrap_err();
        assert_eq!(error.action, Action::CreateFolder);
        assert!(error.to_string().contains("a/b"), "{error}");
        let is_folder = folder.path().join("folder");
        fs::create_dir_all(is_folder.join("full")).unwrap();
        let error = write_private(&is_folder, b"x").unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot write {}", is_folder.display())), "{error}");
        assert_eq!(names(folder.path()), ["folder"]);
    }

    #[test]
    fn a_created_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert_eq!(create_private(&path, b"first").unwrap(), Creation::Created);
        assert_eq!(create_private(&path, b"second").unwrap(), Creation::Existed);
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o600));
        assert_eq!(names(folder.path()), ["key"]);
    }

    #[test]
    fn one_at_a_time_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.json");
        let inside = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _lock = lock(&path).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(mode(&folder.path().join("cache.json.lock")), 0o600);
    }
}
