//! Giving a kept record another id.

use super::{
    Backend, Error, Record, Store, backend,
    place::{Place, Sealed},
};

/// How a renaming ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    Done,
    Missing,
    /// The new id is in use.
    Taken,
    /// Another writer was faster; the record is where it was.
    Changed,
}

impl Store {
    /// Moves a kept record with its version. Not one step: a crash in between leaves it under both ids, never under none.
    pub async fn rename<T: Record>(&self, from: &str, to: &str) -> Result<Renamed, Error> {
        const { assert!(T::KIND.is_kept(), "passing records keep their id") };
        let (old, new) = (Place::of(T::KIND, from), Place::of(T::KIND, to));
        self.settle(&old).await?;
        let Some(sealed) = backend!(self, get(&old))? else { return Ok(Renamed::Missing) };
        let plain = self.open_sealed(&old, &sealed)?;
        let moved = Sealed { version: sealed.version, bytes: self.seal(&new, sealed.version, &plain)? };
        if !backend!(self, put(&new, 0, moved.clone(), None))? {
            return Ok(Renamed::Taken);
        }
        if backend!(self, remove(&old, sealed))? {
            return Ok(Renamed::Done);
        }
        backend!(self, remove(&new, moved))?;
        Ok(Renamed::Changed)
    }
}
