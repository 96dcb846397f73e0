//! The last thousand events, in a round: a new one takes the place of the oldest.

use super::super::Error;
use crate::app::App;
use crate::oauth::event::Event;
use crate::oauth::name::ClientName;
use crate::store::{Kind, Put, Record, Versioned};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// So many are kept.
const MOST: u64 = 1_000;

/// Numbers and marks. It is small, so that a page can show how many are unread without reading them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Count {
    /// The number of the newest event; the first is 1.
    last: u64,
    /// Up to this number they were read.
    read_to: u64,
    /// How many that need a person came since.
    unread: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    number: u64,
    event: Event,
}

impl Record for Count {
    const KIND: Kind = Kind::EventCount;
}

impl Record for Kept {
    const KIND: Kind = Kind::Event;
}

/// A kept event as it is shown.
#[derive(Clone, Debug)]
pub struct Noted {
    pub event: Event,
    /// It needs a person, and nobody has marked it as read.
    pub is_unread: bool,
}

/// There is one count.
const COUNT: &str = "count";

fn id(number: u64) -> String {
    format!("{:03}", number % MOST)
}

/// Keeps what is to be kept of these, however many, with at most a thousand writes and one.
pub(super) async fn keep(app: &App, events: &[Event]) -> Result<(), Error> {
    let is_kept = |event: &&Event| event.event.is_kept() || app.settings.notifies_of(event.event);
    let events: Vec<&Event> = events.iter().filter(is_kept).collect();
    if events.is_empty() {
        return Ok(());
    }
    let needing = events.iter().filter(|event| event.event.needs_a_person()).count() as u64;
    let new = events.len() as u64;
    let count = change(app, |count| {
        count.last += new;
        count.unread = (count.unread + needing).min(MOST);
    })
    .await?;
    let first = count.last + 1 - new;
    for (number, event) in (first..).zip(events).filter(|(number, _)| number + MOST > count.last) {
        put(app, Kept { number, event: event.clone() }).await?;
    }
    Ok(())
}

/// A slower instance does not write an older event over a newer one.
async fn put(app: &App, kept: Kept) -> Result<(), Error> {
    let id = id(kept.number);
    loop {
        let version = match app.store.get::<Kept>(&id).await? {
            Some(there) if there.value.number >= kept.number => return Ok(()),
            Some(there) => there.version,
            None => 0,
        };
        if let Put::Stored(_) = app.store.put_if_version(&id, &kept, version).await? {
            return Ok(());
        }
    }
}

async fn count(app: &App) -> Result<Versioned<Count>, Error> {
    let found = app.store.get::<Count>(COUNT).await?;
    Ok(found.unwrap_or(Versioned { value: Count::default(), version: 0 }))
}

async fn change(app: &App, change: impl Fn(&mut Count)) -> Result<Count, Error> {
    loop {
        let Versioned { mut value, version } = count(app).await?;
        change(&mut value);
        if let Put::Stored(_) = app.store.put_if_version(COUNT, &value, version).await? {
            return Ok(value);
        }
    }
}

/// All that are kept, the newest first.
pub async fn list(app: &App) -> Result<Vec<Noted>, Error> {
    let read_to = count(app).await?.value.read_to;
    let mut all: Vec<Kept> = app.store.list::<Kept>().await?.into_iter().map(|(_, found)| found.value).collect();
    all.sort_by_key(|kept| std::cmp::Reverse(kept.number));
    let noted = |Kept { number, event }| Noted { is_unread: number > read_to && event.event.needs_a_person(), event };
    Ok(all.into_iter().map(noted).collect())
}

/// The number of the newest; the first is 1.
pub(in crate::flows) async fn last(app: &App) -> Result<u64, Error> {
    Ok(count(app).await?.value.last)
}

/// All that are kept, by their numbers. Between two of them one may be missing: deleted, or on its way.
pub(in crate::flows) async fn numbered(app: &App) -> Result<BTreeMap<u64, Event>, Error> {
    let all = app.store.list::<Kept>().await?.into_iter().map(|(_, found)| found.value);
    Ok(all.map(|Kept { number, event }| (number, event)).collect())
}

/// The event of that number, unless it is deleted, on its way, or so old that another took its place.
pub(super) async fn at(app: &App, number: u64) -> Result<Option<Event>, Error> {
    let found = app.store.get::<Kept>(&id(number)).await?.map(|found| found.value);
    Ok(found.filter(|kept| kept.number == number).map(|kept| kept.event))
}

/// The numbers after `told_to` that may be kept, up to `last`.
pub(super) fn since(told_to: u64, last: u64) -> RangeInclusive<u64> {
    told_to.max(last.saturating_sub(MOST)) + 1..=last
}

/// How many need a person and are not marked as read.
pub async fn unread(app: &App) -> Result<u64, Error> {
    Ok(count(app).await?.value.unread)
}

/// Marks all that there are as read.
pub async fn mark_read(app: &App) -> Result<(), Error> {
    change(app, |count| (count.read_to, count.unread) = (count.last, 0)).await?;
    Ok(())
}

/// Forgets every event about a client.
pub async fn forget(app: &App, client: &ClientName) -> Result<(), Error> {
    let read_to = count(app).await?.value.read_to;
    let mut unread = 0;
    for (id, found) in app.store.list::<Kept>().await? {
        let Kept { number, event } = found.value;
        if event.client.as_ref() == Some(client) {
            app.store.delete(Kind::Event, &id).await?;
            unread += u64::from(number > read_to && event.event.needs_a_person());
        }
    }
    if unread > 0 {
        change(app, |count| count.unread = count.unread.saturating_sub(unread)).await?;
    }
    Ok(())
}
