//! The folder of everything that must not be lost or shown: keys, the embedded store, the login token.

use crate::files::{self, FileError};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

pub const ENCRYPTION_KEY: &str = "encryption.key";
pub const LOGIN_TOKEN: &str = "login.token";
pub const STORE: &str = "store.sqlite3";
/// Who did what from the command line.
pub const AUDIT_LOG: &str = "audit.log";
/// The folder of records that the store could not take.
pub const SPOOL: &str = "spool";
/// The folder of files that hold current tokens, where no setting names another.
pub const TOKEN_FILES: &str = "token-files";
/// The folder of the generated authority and certificate.
pub const TLS: &str = "tls";

/// A folder that exists, is ours, can be written, and is closed to other users (0700).
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
}

/// Something that was put right, and that the operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Other users could enter the folder with this mode until now.
    WasOpen { path: PathBuf, mode: u32 },
}

#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    #[error("{path} is not a folder; choose another one with OAUTHCLIENT_DATA_DIR", path = .0.display())]
    NotAFolder(PathBuf),
    #[error("cannot write into the data folder {path}: {source}; choose another one with OAUTHCLIENT_DATA_DIR", path = path.display())]
    NotWritable { path: PathBuf, source: io::Error },
    #[error(
        "the data folder {path} belongs to another user (uid {owner}), who could read and replace keys; set \
         OAUTHCLIENT_DATA_DIR to a folder of its own below it, such as {path}/oauth-client-helper",
        path = path.display()
    )]
    NotOurs { path: PathBuf, owner: u32 },
    #[error("{path} is empty; restore it from a backup, or remove it to have a new one made", path = .0.display())]
    Empty(PathBuf),
    #[error(transparent)]
    File(#[from] FileError),
}

impl DataFolder {
    /// Opens the folder, creating it with the folders above it if need be. Closes it if other users may enter.
    pub fn open(path: &Path) -> Result<(Self, Option<Warning>), DataFolderError> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(DataFolderError::NotAFolder(path.to_owned())),
            // A link that leads nowhere. What is a folder by now was made by another process in this moment.
            Err(_) if path.is_symlink() => return Err(DataFolderError::NotAFolder(path.to_owned())),
            Err(_) => files::create_private_folder(path)?,
        }
        let folder = Self { path: path.to_owned() };
        let warning = folder.secure()?;
        Ok((folder, warning))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The content of a file, which is made if it is missing. Of several processes that make it, one wins, and all
    /// return the same bytes. An empty file is an error: it held something once.
    pub fn read_or_create(&self, name: &str, make: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, DataFolderError> {
        let path = self.file(name);
        match files::read(&path) {
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => {
                files::create_private(&path, &make())?;
            }
            read => return Self::not_empty(path, read?),
        }
        let bytes = files::read(&path)?;
        Self::not_empty(path, bytes)
    }

    fn not_empty(path: PathBuf, bytes: Vec<u8>) -> Result<Vec<u8>, DataFolderError> {
        if bytes.is_empty() { Err(DataFolderError::Empty(path)) } else { Ok(bytes) }
    }

    #[cfg(unix)]
    fn secure(&self) -> Result<Option<Warning>, DataFolderError> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let not_writable = |source| DataFolderError::NotWritable { path: self.path.clone(), source };
        let folder = fs::metadata(&self.path).map_err(not_writable)?;
        // The kernel's own note of who we are; without it, a file of our own tells.
        let us = fs::metadata("/proc/self").or_else(|_| self.probe()).map_err(not_writable)?.uid();
        if folder.uid() != us {
            return Err(DataFolderError::NotOurs { path: self.path.clone(), owner: folder.uid() });
        }
        let mode = folder.mode() & 0o777;
        if mode & 0o077 == 0 {
            return Ok(None);
        }
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o700)).map_err(not_writable)?;
        Ok(Some(Warning::WasOpen { path: self.path.clone(), mode }))
    }

    #[cfg(not(unix))]
    fn secure(&self) -> Result<Option<Warning>, DataFolderError> {
        self.check_writable().map(|()| None)
    }

    /// Whether files can be made in the folder: worth knowing before a server starts, too slow for every command.
    pub fn check_writable(&self) -> Result<(), DataFolderError> {
        let not_writable = |source| DataFolderError::NotWritable { path: self.path.clone(), source };
        self.probe().map(drop).map_err(not_writable)
    }

    fn probe(&self) -> io::Result<fs::Metadata> {
        let random = getrandom::u64().map_err(io::Error::other)?;
        let path = self.file(&format!(".probe.{random:016x}"));
        let metadata = fs::File::create_new(&path)?.metadata();
        fs::remove_file(&path)?;
        metadata
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::WasOpen { path, mode } = self;
        let path = path.display();
        write!(f, "the data folder {path} was open to other users (mode {mode:04o}); it is closed now (0700)")
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt, thread};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_missing_folder_is_made_for_us_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let (folder, warning) = DataFolder::open(&path).unwrap();
        assert_eq!((mode(folder.path()), warning), (0o700, None));
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    }

    #[test]
    fn an_open_folder_is_closed_with_a_warning() {
        let parent = tempfile::tempdir().unwrap();
        fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let (_, warning) = DataFolder::open(parent.path()).unwrap();
        assert_eq!(warning, Some(Warning::WasOpen { path: parent.path().to_owned(), mode: 0o755 }));
        assert_eq!(mode(parent.path()), 0o700);
        assert_eq!(DataFolder::open(parent.path()).unwrap().1, None);
    }

    #[test]
    fn what_is_no_folder_is_refused_by_name() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("file");
        fs::write(&path, "x").unwrap();
        let error = DataFolder::open(&path).unwrap_err();
        assert!(matches!(error, DataFolderError::NotAFolder(_)), "{error}");
        assert!(
            error.to_string().contains(path.to_str().unwrap()) && error.to_string().contains("OAUTHCLIENT_DATA_DIR")
        );
        let below = DataFolder::open(&path.join("folder")).unwrap_err();
        assert!(below.to_string().contains("cannot create the folder"), "{below}");
    }

    #[test]
    fn a_folder_without_write_access_is_refused() {
        // Pseudo file systems refuse new files even to root.
        let folder = DataFolder { path: "/proc/self/fdinfo".into() };
        let error = folder.check_writable().unwrap_err();
        assert!(matches!(error, DataFolderError::NotWritable { .. }), "{error}");
    }

    #[test]
    fn a_folder_of_another_user_is_refused_with_a_way_out() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("theirs");
        fs::create_dir(&path).unwrap();
        if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
            return; // Only root can give a folder away.
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        let error = DataFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains("uid 12345") && error.contains("theirs/oauth-client-helper"), "{error}");
        assert_eq!(mode(&path), 0o777);
    }

    #[test]
    fn all_who_make_a_file_at_once_get_the_same_bytes() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(parent.path()).unwrap().0;
        let made = thread::scope(|scope| {
            let make = |n: u8| {
                scope.spawn({
                    let folder = &folder;
                    move || folder.read_or_create(ENCRYPTION_KEY, || vec![n; 32])
                })
            };
            let threads: Vec<_> = (1..=8).map(make).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect::<Vec<_>>()
        });
        assert!(made.iter().all(|bytes| *bytes == made[0] && bytes.len() == 32));
        assert_eq!(mode(&folder.file(ENCRYPTION_KEY)), 0o600);
        assert_eq!(folder.read_or_create(ENCRYPTION_KEY, || panic!("it exists")).unwrap(), made[0]);
    }

    #[test]
    fn an_empty_file_is_not_taken_for_a_missing_one() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(parent.path()).unwrap().0;
        fs::write(folder.file(LOGIN_TOKEN), "").unwrap();
        let error = folder.read_or_create(LOGIN_TOKEN, || vec![1]).unwrap_err();
        assert!(error.to_string().contains("login.token is empty"), "{error}");
        assert_eq!(fs::read(folder.file(LOGIN_TOKEN)).unwrap(), b"");
    }
}
