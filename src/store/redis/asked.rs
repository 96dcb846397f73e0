//! Records that are about to be asked for. Whoever wants one before its command is sent shares the command, so that what many
//! read at once costs little; commands for further ones go out while earlier ones are under way.
//!
//! Invariant: an answer counts only for those who asked before its command was sent, so nobody sees an older state than
//! with a command of their own.

use super::{Redis, Sealed};
use crate::store::{Error, Kind, Place};
use futures_util::future::join_all;
use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::oneshot, task::yield_now};

type Answer = Result<Option<Sealed>, Error>;

/// By record: those who wait for it.
type Wanted = HashMap<(Kind, String), Vec<oneshot::Sender<Answer>>>;

/// What the next commands will be for.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<Wanted>);

/// Who sends the next commands: where anything is wanted, there is one.
struct Turn {
    redis: Redis,
    is_over: bool,
}

impl Asked {
    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to wait for, and whether it is one's turn to ask.
    fn join(&self, place: &Place<'_>) -> (oneshot::Receiver<Answer>, bool) {
        let (sender, receiver) = oneshot::channel();
        let mut wanted = self.wanted();
        let is_first = wanted.is_empty();
        wanted.entry((place.kind, place.id.to_string())).or_default().push(sender);
        (receiver, is_first)
    }
}

impl Redis {
    /// What the server holds of a kept record now.
    pub(super) async fn get_shared(&self, place: &Place<'_>) -> Answer {
        let (answer, is_first) = self.0.asked.join(place);
        if is_first {
            tokio::spawn(Turn { redis: self.clone(), is_over: false }.take());
        }
        answer.await.unwrap_or_else(|_| Err(self.0.server.interrupted()))
    }
}

impl Turn {
    async fn take(mut self) {
        // All who are about to ask do so first.
        yield_now().await;
        let wanted = self.end();
        let redis = &self.redis;
        join_all(wanted.into_iter().map(async |((kind, id), waiting)| {
            let answer = redis.get_alone(&Place::of(kind, &id)).await;
            // Nobody is there any more where it cannot be sent.
            waiting.into_iter().for_each(|sender| drop(sender.send(answer.clone())));
        }))
        .await;
    }

    fn end(&mut self) -> Wanted {
        self.is_over = true;
        mem::take(&mut *self.redis.0.asked.wanted())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The runtime ended before: whoever waits is told so, and the next who asks begins anew.
        if !self.is_over {
            drop(self.end());
        }
    }
}
