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
    /// Makes sure that the file is there, private, and of the current schema. Of several processes that find it
    /// otherwise, one changes it while the rest wait at the folder: SQLite itself does not let a new database be
    /// switched to WAL by two at once, but fails one of them.
    pub(super) fn prepare(folder: &Path) -> Result<(Self, Connection), Error> {
        let file = Self { path: folder.join(NAME) };
        let gate = open_folder(folder).map_err(|error| file.no_access(&error))?;
        gate.lock_shared().map_err(|error| file.no_access(&error))?;
        if file.path.exists()
            && let (connection, CURRENT) = file.open()?
        {
            return Ok((file, connection));
        }
        gate.unlock().and_then(|()| gate.lock()).map_err(|error| file.no_access(&error))?;
        file.create().map_err(|error| file.no_access(&error))?;
        let (mut connection, found) = file.open()?;
        if found > CURRENT {
            return Err(Error::Newer { path: file.path, found, known: CURRENT });
        }
        migrate(&mut connection).map_err(|error| file.explain(&error))?;
        Ok((file, connection))
    }

    /// The connection and the version of the schema.
    fn open(&self) -> Result<(Connection, i64), Error> {
        self.make_private().map_err(|error| self.no_access(&error))?;
        let connection = self.connect()?;
        let version = version(&connection).map_err(|error| self.explain(&error))?;
        Ok((connection, version))
    }

    fn connect(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(BUSY)?;
            Ok(connection)
        };
        open().map_err(|error| self.explain(&error))
    }

    /// A connection whose writes are on disk when they return.
    pub(super) fn connect_to_write(&self) -> Result<Connection, Error> {
        let connection = self.connect()?;
        let is_full = connection.pragma_update(None, "synchronous", "FULL");
        is_full.map(|()| connection).map_err(|error| self.explain(&error))
    }

    /// SQLite gives its -wal and -shm files the mode of the database, so that is set before SQLite comes.
    fn create(&self) -> io::Result<()> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            created => created.map(drop),
        }
    }

    fn make_private(&self) -> io::Result<()> {
        let (metadata, log) = (fs::metadata(&self.path)?, self.beside("-wal"));
        // SQLite would take an emptied file for a new database and delete the log that still has the records.
        if metadata.len() == 0 && fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            for path in [self.path.clone(), log, self.beside("-shm")].into_iter().filter(|path| path.exists()) {
                fs::set_permissions(path, Permissions::from_mode(0o600))?;
            }
        }
        Ok(())
    }

    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        self.path.with_file_name(format!("{NAME}{suffix}"))
    }

    pub(super) fn no_access(&self, error: &io::Error) -> Error {
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
                self.unavailable("another process keeps it locked".to_owned())
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

fn open_folder(folder: &Path) -> io::Result<fs::File> {
    match fs::File::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            fs::File::open(folder)
        }
        opened => opened,
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", (), |row| row.get(0))
}

/// Adds what is missing; nothing, when another process was here first.
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
