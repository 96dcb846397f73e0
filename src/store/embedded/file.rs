//! The database file: where it is, who may read it, its schema, and what SQLite's errors mean for it.

use super::super::Error;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, ffi};
use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

const NAME: &str = "store.sqlite3";

/// What each schema version adds; `user_version` counts how many of them a file has.
const SCHEMAS: [&str; 1] = [include_str!("schema.sql")];
const CURRENT: i64 = SCHEMAS.len() as i64;

/// Longer than any write of ours takes: another process that holds the file this long is stuck.
const BUSY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
}

impl File {
    /// Makes sure that the file is there, private, and of the current schema.
    pub(super) fn prepare(folder: &Path) -> Result<(Self, Connection), Error> {
        let file = Self { path: folder.join(NAME) };
        file.make_private(folder).map_err(|error| file.no_access(&error))?;
        let mut connection = file.connect()?;
        let result = version(&connection).map_err(|error| file.explain(&error))?;
        match result {
            CURRENT => {}
            newer if newer > CURRENT => return Err(Error::Newer { path: file.path, found: newer, known: CURRENT }),
            _ => migrate(&mut connection).map_err(|error| file.explain(&error))?,
        }
        Ok((file, connection))
    }

    pub(super) fn connect(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            Ok(connection)
        };
        open().map_err(|error| self.explain(&error))
    }

    /// SQLite gives its -wal and -shm files the mode of the database, so that is set before SQLite comes.
    fn make_private(&self, folder: &Path) -> io::Result<()> {
        let metadata = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                let open = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
                open.metadata()?
            }
            metadata => metadata?,
        };
        if metadata.permissions().mode() & 0o077 != 0 {
            for path in [self.path.clone(), self.beside("-wal"), self.beside("-shm")] {
                if path.exists() {
                    fs::set_permissions(path, Permissions::from_mode(0o600))?;
                }
            }
        }
        // SQLite would take an emptied file for a new database and delete the log that still has the records.
        let cut_off = metadata.len() == 0 && fs::metadata(self.beside("-wal")).is_ok_and(|log| log.len() > 0);
        if cut_off && fs::metadata(&self.path)?.len() == 0 { Err(io::ErrorKind::InvalidData.into()) } else { Ok(()) }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        self.path.with_file_name(format!("{NAME}{suffix}"))
    }

    fn no_access(&self, error: &io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::InvalidData => Error::Broken { path: self.path.clone() },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => self.full(),
            io::ErrorKind::ReadOnlyFilesystem => self.read_only(),
            _ => self.unavailable(error.to_string()),
        }
    }

    pub(super) fn explain(&self, error: &rusqlite::Error) -> Error {
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            // Rows of another shape than ours: not a file that this program wrote.
            return Error::Broken { path: self.path.clone() };
        };
        match failure.code {
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Error::Broken { path: self.path.clone() },
            ErrorCode::DiskFull => self.full(),
            ErrorCode::ReadOnly => self.read_only(),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                self.unavailable("another process has kept it locked for 5 seconds".to_owned())
            }
            _ => self.unavailable(ffi::code_to_str(failure.extended_code).to_owned()),
        }
    }

    pub(super) fn unavailable(&self, why: String) -> Error {
        let remedy =
            "Check that the data folder (OAUTHCLIENT_DATA_DIR) exists and belongs to this user, then try again";
        Error::Unavailable { place: self.place(), why, remedy }
    }

    fn full(&self) -> Error {
        Error::Full { place: format!("the disk of {}", self.path.display()), remedy: "Make room, then try again" }
    }

    fn read_only(&self) -> Error {
        let remedy = "Make the data folder (OAUTHCLIENT_DATA_DIR) writable, or mount it read-write";
        Error::ReadOnly { place: self.place(), remedy }
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", (), |row| row.get(0))
}

/// Two processes may come here at once: the second waits for the first, looks again, and finds nothing to do.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(version(&transaction)?).unwrap_or(0);
    for schema in SCHEMAS.iter().skip(done) {
        transaction.execute_batch(schema)?;
    }
    transaction.pragma_update(None, "user_version", CURRENT)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(code: i32) -> Error {
        let file = File { path: "/data/store.sqlite3".into() };
        file.explain(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn each_cause_has_its_error_and_each_names_the_file() {
        assert!(matches!(explained(ffi::SQLITE_FULL), Error::Full { .. }));
        assert!(matches!(explained(ffi::SQLITE_READONLY_DBMOVED), Error::ReadOnly { .. }));
        assert!(matches!(explained(ffi::SQLITE_CORRUPT_INDEX), Error::Broken { .. }));
        assert!(matches!(explained(ffi::SQLITE_BUSY_SNAPSHOT), Error::Unavailable { .. }));
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_READONLY, ffi::SQLITE_NOTADB, ffi::SQLITE_IOERR_FSYNC] {
            assert!(explained(code).to_string().contains("/data/store.sqlite3"), "{code}");
        }
    }
}
