//! What processes and instances on the same store tell each other: announcements for whoever listens, and calls that
//! wake whoever waits for one thing. Neither is kept: the store itself is what counts, so look there after waking.

use super::{Backend, Error, Store, backend, embedded::Watch, redis::Subscription};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    sync::{broadcast, watch},
    time::timeout,
};

/// So many signals may wait for a slow listener before it misses some.
const BACKLOG: usize = 1024;

/// How long a new listener waits for a Redis that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A call may get lost on its way (Redis promises each at most once), so nobody trusts in one for longer.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The same while no calls can come in at all.
const LOOK_AGAIN_ALONE: Duration = Duration::from_millis(100);

/// What travels between processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Signal {
    Announced(String),
    Woken(String),
    /// Signals may have been lost here: the connection is new, or they came faster than they were read.
    Missed,
}

/// What a [`Listener`] hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The text that someone announced, on any process or instance, this one included.
    Announced(String),
    /// Announcements may have been lost: look into the store for what they told of.
    Missed,
}

/// The signals of one store, from the first who listens on.
#[derive(Debug, Default)]
pub(super) struct Signals {
    inbox: OnceLock<Arc<Inbox>>,
    source: OnceLock<Source>,
}

/// What brings signals into the inbox, as long as it lives.
#[derive(Debug)]
pub(super) enum Source {
    Watch { _watch: Watch },
    Subscription { _subscription: Subscription },
}

/// Where the signals of one open store come in.
#[derive(Debug)]
pub(super) struct Inbox {
    sender: broadcast::Sender<Signal>,
    connected: watch::Sender<bool>,
}

/// Hears every announcement from when it was made. There is no end to it.
#[derive(Debug)]
pub struct Listener {
    receiver: broadcast::Receiver<Signal>,
    _open: Store,
}

/// Waits for one name to be woken.
#[derive(Debug)]
pub struct Waiter {
    name: String,
    receiver: broadcast::Receiver<Signal>,
    connected: watch::Receiver<bool>,
    _open: Store,
}

impl Store {
    /// Tells every [`Listener`] on every process and instance, and with Redis other programs too (channel
    /// `PREFIXevents`). So there is no secret in the text.
    pub async fn announce(&self, text: &str) -> Result<(), Error> {
        backend!(self, signal(Signal::Announced(text.to_owned())))
    }

    /// Hears every announcement from now on. With a Redis that cannot be reached now, from when it can.
    pub async fn listen(&self) -> Listener {
        let inbox = self.inbox();
        inbox.is_connected(PATIENCE).await;
        inbox.listener(self.clone())
    }

    /// Wakes every [`Waiter`] for this name, on every process and instance. The name is no secret.
    pub async fn wake(&self, name: &str) -> Result<(), Error> {
        backend!(self, signal(Signal::Woken(name.to_owned())))
    }

    /// To wait for a change in the store without looking again and again. Make the waiter, look, wait, look again: what
    /// is woken after it was made is not missed.
    pub async fn waiter(&self, name: &str) -> Waiter {
        self.inbox().waiter(name, self.clone())
    }

    fn inbox(&self) -> Arc<Inbox> {
        let inbox = self.signals.inbox.get_or_init(Arc::default);
        self.bring_signals();
        Arc::clone(inbox)
    }

    /// Once the store is open and somebody listens.
    pub(super) fn bring_signals(&self) {
        if let (Some(inbox), Ok(backend)) = (self.signals.inbox.get(), self.backend()) {
            self.signals.source.get_or_init(|| backend.bring_signals(Arc::clone(inbox)));
        }
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BACKLOG), connected: watch::Sender::new(false) }
    }
}

impl Inbox {
    /// That nobody listens is no error.
    pub fn put(&self, signal: Signal) {
        let _ = self.sender.send(signal);
    }

    /// From now on signals come in. Whoever waited for that has missed nothing.
    pub fn connected(&self) {
        self.put(Signal::Missed);
        self.connected.send_replace(true);
    }

    pub fn disconnected(&self) {
        self.connected.send_replace(false);
    }

    /// Waits until signals come in, for at most `patience`.
    pub async fn is_connected(&self, patience: Duration) {
        let mut connected = self.connected.subscribe();
        let _ = timeout(patience, connected.wait_for(|connected| *connected)).await;
    }

    /// It keeps the store open, and with it what fills the inbox.
    pub fn listener(&self, store: Store) -> Listener {
        Listener { receiver: self.sender.subscribe(), _open: store }
    }

    pub fn waiter(&self, name: &str, store: Store) -> Waiter {
        let (receiver, connected) = (self.sender.subscribe(), self.connected.subscribe());
        Waiter { name: name.to_owned(), receiver, connected, _open: store }
    }
}

impl Listener {
    /// The next thing that is heard. Safe to drop and to call again.
    pub async fn next(&mut self) -> Heard {
        loop {
            match receive(&mut self.receiver).await {
                Signal::Announced(text) => return Heard::Announced(text),
                Signal::Missed => return Heard::Missed,
                Signal::Woken(_) => {}
            }
        }
    }
}

impl Waiter {
    /// Waits until the name was woken since the waiter was made or last waited, at most so long. It may also return for
    /// no reason, so look whether what is waited for has come, and wait again.
    pub async fn woken(&mut self, at_most: Duration) {
        let longest = if *self.connected.borrow() { LOOK_AGAIN } else { LOOK_AGAIN_ALONE };
        let call = async {
            loop {
                match receive(&mut self.receiver).await {
                    Signal::Woken(name) if name != self.name => {}
                    Signal::Announced(_) => {}
                    Signal::Woken(_) | Signal::Missed => return,
                }
            }
        };
        let _ = timeout(at_most.min(longest), call).await;
    }
}

async fn receive(receiver: &mut broadcast::Receiver<Signal>) -> Signal {
    match receiver.recv().await {
        Ok(signal) => signal,
        Err(broadcast::error::RecvError::Lagged(_)) => Signal::Missed,
        // The store is closed: nothing will ever come.
        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
    }
}
