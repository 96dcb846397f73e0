//! Records as they were last opened, so that one which is read again and again is unsealed once.
//!
//! Nothing rests on it: an entry counts for exactly the sealed bytes that it was made of, and without asking the backend
//! only while that can tell that no record was written since. A record that is gone takes its entry along.

use super::{
    Error, Versioned,
    place::{Place, Sealed},
};
use std::{
    any::Any,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Above, all are forgotten: what is in use is soon there again.
const MOST: usize = 4096;

/// Names a state of the whole store: while a backend gives the same mark, no record has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// How the index of the embedded store's log begins.
    Log([u8; LOG_MARK]),
}

/// Bytes: the header and its copy.
pub(super) const LOG_MARK: usize = 96;

/// Clones share the entries.
#[derive(Clone, Default)]
pub(super) struct Opened(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    sealed: Sealed,
    /// The last state of the store that it was found in.
    mark: Option<Mark>,
    value: Arc<dyn Any + Send + Sync>,
}

impl Opened {
    /// The record, where it is known to be as it was at `mark`.
    pub fn at<T: Send + Sync + 'static>(&self, mark: Mark, place: &Place<'_>) -> Option<Versioned<Arc<T>>> {
        let entries = self.entries();
        let entry = entries.get(&*place.id).filter(|entry| entry.mark == Some(mark))?;
        let (value, version) = (entry.value.clone(), entry.sealed.version);
        drop(entries);
        Some(Versioned { value: value.downcast().ok()?, version })
    }

    /// The record that is sealed in these bytes, opened by `open` where it is not at hand. They were read after the store
    /// was at `mark`.
    pub fn of<T: Send + Sync + 'static>(
        &self,
        place: &Place<'_>,
        sealed: Sealed,
        mark: Option<Mark>,
        open: impl FnOnce(&Sealed) -> Result<Versioned<T>, Error>,
    ) -> Result<Versioned<Arc<T>>, Error> {
        let version = sealed.version;
        let known = self.entries().get_mut(&*place.id).filter(|entry| entry.sealed == sealed).map(|entry| {
            entry.mark = mark;
            entry.value.clone()
        });
        if let Some(Ok(value)) = known.map(Arc::downcast) {
            return Ok(Versioned { value, version });
        }
        let value = Arc::new(open(&sealed)?.value);
        let mut entries = self.entries();
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(place.id.to_string(), Entry { sealed, mark, value: value.clone() });
        Ok(Versioned { value, version })
    }

    pub fn forget(&self, place: &Place<'_>) {
        self.entries().remove(&*place.id);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({})", self.entries().len())
    }
}
