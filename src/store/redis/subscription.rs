//! Hearing of what other instances publish: one connection for each open store, made again whenever it is lost.

use super::server::Server;
use crate::store::{
    Error,
    signals::{Inbox, Signal},
};
use redis::Msg;
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::sleep};

/// Between two attempts to subscribe: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The channels of one store.
#[derive(Clone, Debug)]
pub(super) struct Channels {
    /// Every announcement, for other programs too.
    pub events: String,
    pub wake: String,
}

/// Ends with the value.
#[derive(Debug)]
pub(in crate::store) struct Subscription {
    task: JoinHandle<()>,
}

impl Channels {
    pub fn of(prefix: &str) -> Self {
        Self { events: format!("{prefix}events"), wake: format!("{prefix}wake") }
    }

    fn signal(&self, message: &Msg) -> Option<Signal> {
        let text = message.get_payload().ok()?;
        let events = message.get_channel_name() == self.events;
        Some(if events { Signal::Announced(text) } else { Signal::Woken(text) })
    }
}

impl Subscription {
    pub(super) fn start(server: Server, channels: Channels, inbox: Arc<Inbox>) -> Self {
        Self { task: tokio::spawn(keep(server, channels, inbox)) }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep(server: Server, channels: Channels, inbox: Arc<Inbox>) {
    let mut pause = FIRST_PAUSE;
    loop {
        if let Ok(mut messages) = server.subscribe(&[&channels.events, &channels.wake]).await {
            inbox.connected();
            pause = FIRST_PAUSE;
            while let Ok(message) = messages.next().await {
                channels.signal(&message).into_iter().for_each(|signal| inbox.put(signal));
            }
            inbox.disconnected();
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Published text goes to every subscriber of this moment; how many there are does not matter.
pub(super) async fn publish(server: &Server, channel: &str, text: &str) -> Result<(), Error> {
    server.run::<i64>(redis::cmd("PUBLISH").arg(channel).arg(text)).await.map(drop)
}
