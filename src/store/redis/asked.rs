//! Records that are being asked for. Where some commands for a record are under way, whoever else asks for it waits for the
//! next one, and all who do share its answer, so that a record which many read at once costs few commands.
//!
//! Invariant: an answer counts only for those who asked before its command was sent, so nobody sees an older state than
//! with a command of their own.

use super::{Redis, Sealed};
use crate::store::{Error, Kind, Place};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{runtime::Handle, sync::oneshot};

/// Commands for one record that may be under way: with one alone, all would wait for the same journey together.
const AT_ONCE: usize = 1;

type Answer = Result<Option<Sealed>, Error>;
type Waiting = Vec<oneshot::Sender<Answer>>;

/// By record.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<HashMap<(Kind, String), Commands>>);

#[derive(Debug, Default)]
struct Commands {
    under_way: usize,
    /// For the next one.
    waiting: Waiting,
}

/// One command under way. When it is over, in whatever way, the next one is for those who came meanwhile.
struct Turn {
    redis: Redis,
    record: (Kind, String),
}

impl Asked {
    fn entries(&self) -> MutexGuard<'_, HashMap<(Kind, String), Commands>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to wait for; `None`: it is one's own turn to ask.
    fn answer_to(&self, record: &(Kind, String)) -> Option<oneshot::Receiver<Answer>> {
        let mut entries = self.entries();
        let commands = entries.entry(record.clone()).or_default();
        if commands.under_way < AT_ONCE {
            commands.under_way += 1;
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        commands.waiting.push(sender);
        Some(receiver)
    }

    /// Those who wait for the next command. Nobody: then there is one less under way.
    fn next(&self, record: &(Kind, String)) -> Waiting {
        let mut entries = self.entries();
        let Some(commands) = entries.get_mut(record) else { return Waiting::new() };
        let waiting = std::mem::take(&mut commands.waiting);
        if waiting.is_empty() {
            commands.under_way -= 1;
        }
        if commands.under_way == 0 {
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
