//! Sealing what goes to a backend, opening what comes from one, and taking a new key.

use super::{
    Backend, Error, Kind, Record, Store, Versioned, backend,
    place::{Place, Sealed},
};
use std::sync::Arc;
use zeroize::Zeroizing;

impl Store {
    /// Seals every kept record with the newest key, versions unchanged; how many were under an older one. Can be
    /// repeated and interrupted. Passing records are not converted: the old key may go when the last of them expired.
    pub async fn rekey(&self) -> Result<usize, Error> {
        self.replay_all().await?;
        let mut converted = 0;
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_kept()) {
            for (id, sealed) in backend!(self, list(kind))? {
                if !self.keys.is_newest(&sealed.bytes) {
                    converted += usize::from(self.reseal(&Place::of(kind, &id), &sealed).await?);
                }
            }
        }
        Ok(converted)
    }

    pub(super) fn sealed<T: Record>(&self, place: &Place<'_>, value: &T, version: u64) -> Result<Sealed, Error> {
        let plain = serde_json::to_vec(value).map(Zeroizing::new).map_err(|error| place.unreadable(&error))?;
        Ok(Sealed { version, bytes: self.seal(place, version, &plain)? })
    }

    /// A writer that was faster sealed with the newest key itself, so losing to one is no loss.
    async fn reseal(&self, place: &Place<'_>, sealed: &Sealed) -> Result<bool, Error> {
        let plain = self.open_sealed(place, sealed)?;
        let bytes = self.seal(place, sealed.version, &plain)?;
        backend!(self, put(place, sealed.version, Sealed { version: sealed.version, bytes }, None))
    }

    pub(super) fn seal(&self, place: &Place<'_>, version: u64, plain: &[u8]) -> Result<Arc<[u8]>, Error> {
        let sealed = self.keys.seal_record(place.kind.name(), &place.id, version, plain);
        sealed.map(Arc::from).map_err(|error| place.not_opened(error))
    }

    pub(super) fn open_sealed(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let plain = self.keys.open_record(place.kind.name(), &place.id, sealed.version, &sealed.bytes);
        plain.map_err(|error| place.not_opened(error))
    }

    pub(super) fn unseal<T: Record>(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Versioned<T>, Error> {
        let plain = self.open_sealed(place, sealed)?;
        let value = serde_json::from_slice(&plain).map_err(|error| place.unreadable(&error))?;
        Ok(Versioned { value, version: sealed.version })
    }
}
