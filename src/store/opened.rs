//! Records as they were last opened, so that one which is read again and again is unsealed once.
//!
//! Nothing rests on it: the backend is asked each time, and an entry counts for exactly the sealed bytes that it was made
//! of. A record that is gone takes its entry along.

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

/// Clones share the entries.
#[derive(Clone, Default)]
pub(super) struct Opened(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    sealed: Sealed,
    value: Arc<dyn Any + Send + Sync>,
}

impl Opened {
    /// The record that is sealed in these bytes, opened by `open` where it is not at hand.
    pub fn of<T: Send + Sync + 'static>(
        &self,
        place: &Place<'_>,
        sealed: Sealed,
        open: impl FnOnce(&Sealed) -> Result<Versioned<T>, Error>,
    ) -> Result<Versioned<Arc<T>>, Error> {
        let version = sealed.version;
        let known =
            self.entries().get(&*place.id).filter(|entry| entry.sealed == sealed).map(|entry| entry.value.clone());
        if let Some(Ok(value)) = known.map(Arc::downcast) {
            return Ok(Versioned { value, version });
        }
        let value = Arc::new(open(&sealed)?.value);
        let mut entries = self.entries();
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(place.id.to_string(), Entry { sealed, value: value.clone() });
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
