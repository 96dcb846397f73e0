//! Records that are being asked for. While one command for a record is under way, whoever else asks for it waits for the next
//! one, and all who do share its answer, so that a record which many read at once costs few commands.
//!
//! Invariant: an answer counts only for those who asked before its command was sent, so nobody sees an older state than
//! with a command of their own.

use super::{Redis, Sealed};
use crate::store::{Error, Kind, Place};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{runtime::Handle, sync::oneshot};

type Answer = Result<Option<Sealed>, Error>;
type Waiting = Vec<oneshot::Sender<Answer>>;

/// By record, while a command is under way: those who wait for the next one.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<HashMap<(Kind, String), Waiting>>);

/// The command under way. When it is over, in whatever way, the next one is for those who came meanwhile.
struct Turn {
    redis: Redis,
    record: (Kind, String),
}

impl Asked {
    fn entries(&self) -> MutexGuard<'_, HashMap<(Kind, String), Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to wait for; `None`: it is one's own turn to ask.
    fn answer_to(&self, record: &(Kind, String)) -> Option<oneshot::Receiver<Answer>> {
        match self.entries().entry(record.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(Waiting::new());
                None
            }
            Entry::Occupied(mut entry) => {
                let (sender, receiver) = oneshot::channel();
                entry.get_mut().push(sender);
                Some(receiver)
            }
        }
    }

    /// Those who wait for the next command. Nobody: then none is under way any more.
    fn next(&self, record: &(Kind, String)) -> Waiting {
        let mut entries = self.entries();
        let waiting = entries.get_mut(record).map(std::mem::take).unwrap_or_default();
        if waiting.is_empty() {
            entries.remove(record);
        }
        waiting
    }
}

impl Redis {
    /// What the server holds of a kept record now.
    pub(super) async fn get_shared(&self, place: &Place<'_>) -> Answer {
        let record = (place.kind, place.id.to_string());
        if let Some(answer) = self.0.asked.answer_to(&record) {
            return answer.await.unwrap_or_else(|_| Err(self.0.server.interrupted()));
        }
        let _turn = Turn { redis: self.clone(), record };
        self.get_alone(place).await
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let waiting = self.redis.0.asked.next(&self.record);
        // Without a runtime the program is at its end, and whoever waits is told so.
        if let (false, Ok(runtime)) = (waiting.is_empty(), Handle::try_current()) {
            runtime.spawn(ask_for(self.redis.clone(), self.record.clone(), waiting));
        }
    }
}

async fn ask_for(redis: Redis, record: (Kind, String), mut waiting: Waiting) {
    while !waiting.is_empty() {
        let answer = redis.get_alone(&Place::of(record.0, &record.1)).await;
        // Nobody is there any more where it cannot be sent.
        waiting.into_iter().for_each(|sender| drop(sender.send(answer.clone())));
        waiting = redis.0.asked.next(&record);
    }
}
