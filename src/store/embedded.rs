//! The embedded backend: one SQLite file that the server and every command may use at once.
//!
//! Reads run where they are called, in microseconds, on a connection of their own: they never wait for a write's fsync,
//! and need no runtime. Writes go to a blocking thread, one at a time, each a transaction that is on disk when it returns.

mod file;
mod log_index;
mod signal_log;

pub(super) use self::signal_log::Watch;
use self::{file::File, log_index::LogIndex, signal_log::SignalLog};

use super::{
    Error, Kind, Place, Sealed, lease,
    opened::Mark,
    place::{Witness, Written},
    signals::{Inbox, Signal, Source},
    unix_millis,
};
use crate::oauth::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

#[derive(Clone, Debug)]
pub struct Embedded(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: File,
    reader: Mutex<Connection>,
    /// Opened by the first write: a command that only reads does without.
    writer: Mutex<Option<Connection>>,
    log_index: LogIndex,
    signals: SignalLog,
}

impl Embedded {
    /// Opens the file in `folder`, and makes both where they are missing.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let (file, reader) = File::prepare(folder)?;
        let (log_index, signals) = (LogIndex::of(&file), SignalLog::in_folder(folder));
        Ok(Self(Arc::new(Inner { file, reader: Mutex::new(reader), writer: Mutex::new(None), log_index, signals })))
    }

    pub(super) fn mark(&self, now: Instant) -> Option<Mark> {
        self.0.log_index.mark(now)
    }

    pub(super) async fn get(&self, place: &Place<'_>) -> Result<Option<Sealed>, Error> {
        const SQL: &str = "SELECT version, value FROM records
            WHERE kind = ?1 AND id = ?2 AND (expires_at IS NULL OR expires_at > ?3)";
        self.read(|connection| {
            let parameters = (place.kind.name(), &*place.id, Timestamp::now().0);
            connection.prepare_cached(SQL)?.query_row(parameters, |row| sealed(row, 0)).optional()
        })
    }

    pub(super) async fn list(&self, kind: Kind) -> Result<Vec<(String, Sealed)>, Error> {
        const SQL: &str = "SELECT id, version, value FROM records WHERE kind = ?1 ORDER BY id";
        self.read(|connection| {
            let mut query = connection.prepare_cached(SQL)?;
            let rows = query.query_map([kind.name()], |row| Ok((row.get(0)?, sealed(row, 1)?)))?;
            rows.collect()
        })
    }

    /// Whether the record was at `expected` (0: absent or expired) and now is `new`.
    pub(super) async fn put(
        &self,
        place: &Place<'_>,
        expected: u64,
        new: Sealed,
        expires: Option<Timestamp>,
    ) -> Result<bool, Error> {
        let (kind, id) = (place.kind.name(), place.id.to_string());
        self.write(move |transaction| {
            bury_expired(transaction)?;
            match find(transaction, kind, &id)? {
                // The caller may ask again when an answer was lost.
                Some(held) if held == new => return Ok(true),
                held if held.as_ref().map_or(0, |held| held.version) != expected => return Ok(false),
                _ => {}
            }
            let row = params![kind, id, new.version, new.bytes, expires.map(|at| at.0)];
            transaction.prepare_cached("INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(row)?;
            Ok(true)
        })
        .await
    }

    /// The same for a kept record that must not be lost: here every write is on disk when it returns.
    pub(super) async fn put_safely(
        &self,
        place: &Place<'_>,
        expected: u64,
        new: Sealed,
        _: Witness,
    ) -> Result<Written, Error> {
        let written = self.put(place, expected, new, None).await?;
        Ok(if written { Written::Safely } else { Written::No })
    }

    /// Deletes the record if it still is `old`; whether it was.
    pub(super) async fn remove(&self, place: &Place<'_>, old: Sealed) -> Result<bool, Error> {
        const SQL: &str = "DELETE FROM records WHERE kind = ?1 AND id = ?2 AND value = ?3";
        let (kind, id) = (place.kind.name(), place.id.to_string());
        self.write(move |transaction| Ok(transaction.execute(SQL, params![kind, id, old.bytes])? > 0)).await
    }

    pub(super) async fn delete(&self, place: &Place<'_>) -> Result<bool, Error> {
        const SQL: &str = "DELETE FROM records WHERE kind = ?1 AND id = ?2";
        let (kind, id) = (place.kind.name(), place.id.to_string());
        self.write(move |transaction| {
            bury_expired(transaction)?;
            Ok(transaction.execute(SQL, params![kind, id])? > 0)
        })
        .await
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.read(|connection| connection.query_row("SELECT count(*) FROM leases", (), |_| Ok(())))
    }

    /// The new holder's fence, or `None` while another holds the lease.
    pub(super) async fn lease_take(&self, name: &str, holder: &str, ttl: Duration) -> Result<Option<u64>, Error> {
        const SQL: &str = "INSERT INTO leases (name, holder, fence, until) VALUES (?1, ?2, 1, ?3 + ?4)
            ON CONFLICT (name) DO UPDATE SET holder = ?2, fence = fence + 1, until = ?3 + ?4
            WHERE until <= ?3 OR until > ?3 + ?5
            RETURNING fence";
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.write(move |transaction| {
            let parameters = params![name, holder, unix_millis(), millis(ttl), millis(lease::LONGEST)];
            transaction.query_row(SQL, parameters, |row| row.get(0)).optional()
        })
        .await
    }

    /// Lets the lease run `ttl` from now (zero: ends it) if `holder` still has it; whether so.
    pub(super) async fn lease_extend(&self, name: &str, holder: &str, ttl: Duration) -> Result<bool, Error> {
        const SQL: &str = "UPDATE leases SET until = ?3, holder = iif(?4 = 0, '', holder)
            WHERE name = ?1 AND holder = ?2";
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.write(move |transaction| {
            let parameters = params![name, holder, unix_millis() + millis(ttl), millis(ttl)];
            Ok(transaction.execute(SQL, parameters)? > 0)
        })
        .await
    }

    /// Ends the lease if `holder` still has it, and leaves nothing of it; whether so.
    pub(super) async fn lease_forget(&self, name: &str, holder: &str) -> Result<bool, Error> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.write(move |transaction| {
            let sql = "DELETE FROM leases WHERE name = ?1 AND holder = ?2";
            Ok(transaction.execute(sql, params![name, holder])? > 0)
        })
        .await
    }

    /// How long the lease still runs; `None`: it is free.
    pub(super) async fn lease_left(&self, name: &str) -> Result<Option<Duration>, Error> {
        const SQL: &str = "SELECT until - ?2 FROM leases WHERE name = ?1 AND until > ?2 AND until <= ?2 + ?3";
        self.read(|connection| {
            let parameters = params![name, unix_millis(), millis(lease::LONGEST)];
            let left = connection.prepare_cached(SQL)?.query_row(parameters, |row| row.get(0)).optional()?;
            Ok(left.map(Duration::from_millis))
        })
    }

    pub(super) async fn signal(&self, signal: Signal) -> Result<(), Error> {
        let signals = self.0.signals.clone();
        let written = tokio::task::spawn_blocking(move || signals.append(signal)).await;
        let written = written.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into()));
        written.map_err(|error| self.0.file.no_access(&error))
    }

    /// Never closes the file if it was only read: the last to close it deletes the log and its index, which the next
    /// process would make again.
    pub(super) fn leave(&self) {
        if locked(&self.0.writer).is_none() {
            std::mem::forget(self.clone());
        }
    }

    pub(super) fn bring_signals(&self, inbox: Arc<Inbox>) -> Source {
        Source::Watch { _watch: self.0.signals.watch(inbox) }
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        query(&locked(&self.0.reader)).map_err(|error| self.0.file.explain(&error))
    }

    /// The write ends even where its caller has gone away.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.0);
        let written = tokio::task::spawn_blocking(move || inner.write(change)).await;
        written.unwrap_or_else(|_| Err(self.0.file.unavailable("the write was interrupted".to_owned())))
    }
}

impl Inner {
    fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, Error> {
        let mut writer = locked(&self.writer);
        let connection = match &mut *writer {
            Some(connection) => connection,
            none => none.insert(self.file.connect_to_write()?),
        };
        let run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = change(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        let written = run();
        LogIndex::written();
        written.map_err(|error| self.file.explain(&error))
    }
}

/// Expired records are absent before they are deleted; writes do that in passing.
fn bury_expired(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut bury = transaction.prepare_cached("DELETE FROM records WHERE expires_at <= ?1")?;
    bury.execute([Timestamp::now().0]).map(|_| ())
}

fn find(transaction: &Transaction<'_>, kind: &str, id: &str) -> rusqlite::Result<Option<Sealed>> {
    let mut query = transaction.prepare_cached("SELECT version, value FROM records WHERE kind = ?1 AND id = ?2")?;
    query.query_row((kind, id), |row| sealed(row, 0)).optional()
}

fn sealed(row: &Row<'_>, first: usize) -> rusqlite::Result<Sealed> {
    Ok(Sealed { version: row.get(first)?, bytes: row.get(first + 1)? })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A thread that panicked with the lock rolled its transaction back, so the connection is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
