//! Events on their way to the store and to whoever listens: in the order in which they were told.

use crate::oauth::event::Event;
use std::sync::{Mutex, PoisonError};

/// Told faster than they can be kept, they are kept together.
#[derive(Debug, Default)]
pub struct Told {
    waiting: Mutex<Vec<Event>>,
    turn: tokio::sync::Mutex<()>,
}

impl Told {
    pub fn put(&self, event: Event) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// All that wait, for whoever has the [`Told::turn`].
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}
