//! Names for clients that come without one.

use crate::oauth::name::ClientName;
use std::collections::BTreeSet;

/// A name nobody has yet, after the first of the texts that gives one.
pub fn free(taken: &mut BTreeSet<ClientName>, texts: &[&str]) -> Option<ClientName> {
    let base = texts.iter().find_map(|text| ClientName::slug(text))?;
    let numbered = (2u32..).filter_map(|number| {
        let suffix = format!("-{number}");
        let room = base.as_str().len().min(63 - suffix.len());
        format!("{}{suffix}", &base.as_str()[..room]).parse().ok()
    });
    let mut names = std::iter::once(base.clone()).chain(numbered);
    names.find(|name| taken.insert(name.clone()))
}
