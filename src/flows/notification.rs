//! Telling people who do not look: events go to a webhook or to a command of the operator's, in the order in which they
//! were kept.
//!
//! What is kept is the outbox, so nothing waits for a receiver but the courier that serves it: a task of the server, on one
//! instance at a time. It may send an event twice (after a crash, with the same id), and never skips one that is younger
//! than a day.

mod command;
mod courier;
mod message;
mod queue;
mod webhook;

pub use courier::{Couriers, start};

use super::Error;
use crate::app::App;
use crate::oauth::event::EventKind;
use crate::oauth::timestamp::Timestamp;
use message::Message;
use queue::Queue;

/// Where events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Webhook,
    Command,
}

/// How it took an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Taken,
    /// It is there, and did not take this one.
    Refused,
    /// It could not be asked, or did not answer: nor would it take another.
    Silent,
}

/// One attempt to tell a target.
#[derive(Clone, Debug)]
pub struct Tried {
    pub verdict: Verdict,
    /// In our words.
    pub said: String,
    /// What it wrote, cut: for the operator's eyes, never logged or kept.
    pub answer: String,
    /// Seconds that it asked to wait.
    pub retry_after: Option<u64>,
}

/// How it goes with a target.
#[derive(Clone, Debug)]
pub struct Standing {
    pub target: Target,
    /// The host of the webhook, or the program.
    pub to: String,
    pub events: Vec<EventKind>,
    pub waiting: usize,
    /// Never delivered although they were tried for a day.
    pub given_up: u64,
    pub delivered_at: Option<Timestamp>,
    /// Since when every attempt failed, and why the last one did.
    pub failing: Option<(Timestamp, String)>,
    pub next_try_at: Option<Timestamp>,
}

impl Target {
    pub const ALL: [Target; 2] = [Target::Webhook, Target::Command];

    pub const fn as_str(self) -> &'static str {
        match self {
            Target::Webhook => "webhook",
            Target::Command => "command",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.as_str() == text)
    }

    /// Which events it is told of; `None`: it is not set.
    fn events(self, app: &App) -> Option<&[EventKind]> {
        match self {
            Target::Webhook => app.settings.webhook.as_ref().map(|webhook| webhook.events.as_slice()),
            Target::Command => app.settings.command.as_ref().map(|command| command.events.as_slice()),
        }
    }

    /// Its name without a secret.
    fn shown(self, app: &App) -> String {
        match self {
            Target::Webhook => app.settings.webhook.as_ref().map(|webhook| webhook.host()).unwrap_or_default(),
            Target::Command => app.settings.command.as_ref().map(|command| command.program()).unwrap_or_default(),
        }
    }

    async fn tell(self, app: &App, message: &Message) -> Tried {
        match self {
            Target::Webhook => webhook::send(app, message).await,
            Target::Command => command::run(app, message).await,
        }
    }
}

/// How it goes with the targets that are set.
pub async fn standings(app: &App) -> Result<Vec<Standing>, Error> {
    let mut standings = Vec::new();
    for target in Target::ALL {
        let Some(events) = target.events(app) else { continue };
        let queue = queue::load(app, target).await?.map(|found| found.value).unwrap_or_default();
        standings.push(standing(app, target, events, &queue));
    }
    Ok(standings)
}

fn standing(app: &App, target: Target, events: &[EventKind], queue: &Queue) -> Standing {
    Standing {
        target,
        to: target.shown(app),
        events: events.to_vec(),
        waiting: queue.waiting(),
        given_up: queue.given_up,
        delivered_at: queue.delivered_at,
        failing: queue.failing.as_ref().map(|failing| (failing.since, failing.why.clone())),
        next_try_at: queue.next_look,
    }
}

/// Tells a target of nothing that happened, to see whether it hears. `None`: it is not set.
pub async fn test(app: &App, target: Target) -> Option<Tried> {
    target.events(app)?;
    let tried = target.tell(app, &message::test(app)).await;
    tracing::info!(target = target.as_str(), verdict = ?tried.verdict, "notification tested");
    Some(tried)
}
