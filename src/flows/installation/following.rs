//! Hearing what happens, here or elsewhere. From elsewhere it comes over a connection that is made again whenever it is
//! lost, and goes on after the last event that was heard.

use super::Installation;
use crate::flows::Error;
use crate::flows::events::{self, News, Wanted, Watch};
use crate::oauth::event::Event;
use crate::remote::{self, Call, Message, Remote, Stream};
use std::time::Duration;
use tokio::time::Instant;

/// Between two attempts to reach the other installation: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub enum Following {
    Here(Watch),
    There(Box<Connection>),
}

/// What is heard.
#[derive(Debug)]
pub enum Told {
    Event(Box<Event>),
    /// Some may have been missed.
    Missed,
    /// The other installation is heard from now on.
    Connected,
    /// It is not heard any more, or still not. It is asked again, after a pause.
    Lost(Error),
}

#[derive(Debug)]
pub struct Connection {
    remote: Remote,
    wanted: Wanted,
    stream: Option<Stream>,
    last_id: Option<String>,
    pause: Duration,
    next_try: Instant,
}

impl Installation {
    /// To be called with [`Following::next`] before anything is heard.
    pub async fn following(&self, wanted: Wanted) -> Following {
        match self {
            Self::Here(app) => Following::Here(events::watch(app, wanted).await),
            Self::There(remote) => Following::There(Box::new(Connection::new(remote.clone(), wanted))),
        }
    }
}

impl Following {
    /// The next thing that is heard. Safe to drop and to call again.
    ///
    /// # Errors
    /// When the other installation says no: asking again would not help.
    pub async fn next(&mut self) -> Result<Told, Error> {
        match self {
            Self::Here(watch) => Ok(match watch.next().await {
                News::Event(event) => Told::Event(event),
                News::Missed => Told::Missed,
            }),
            Self::There(connection) => connection.next().await,
        }
    }

    pub fn is_connected(&self) -> bool {
        match self {
            Self::Here(_) => true,
            Self::There(connection) => connection.stream.is_some(),
        }
    }
}

impl Connection {
    fn new(remote: Remote, wanted: Wanted) -> Self {
        Self { remote, wanted, stream: None, last_id: None, pause: FIRST_PAUSE, next_try: Instant::now() }
    }

    async fn next(&mut self) -> Result<Told, Error> {
        let Some(stream) = &mut self.stream else { return self.connect().await };
        while let Some(Message { id, data }) = stream.next().await {
            self.pause = FIRST_PAUSE;
            self.last_id = id.or(self.last_id.take());
            // A newer program may tell of what this one does not know.
            if let Ok(event) = serde_json::from_str(&data) {
                return Ok(Told::Event(Box::new(event)));
            }
        }
        self.stream = None;
        self.next_try = Instant::now() + self.pause;
        Ok(Told::Lost(Error::Interrupted))
    }

    async fn connect(&mut self) -> Result<Told, Error> {
        tokio::time::sleep_until(self.next_try).await;
        let call = Call::to(&["events"]);
        let call = self.wanted.client.iter().fold(call, |call, client| call.with("client", client));
        let call = self.wanted.kinds.iter().fold(call, |call, kind| call.with("event", kind.as_str()));
        match self.remote.stream(call, self.last_id.as_deref()).await {
            Ok(stream) => {
                self.stream = Some(stream);
                Ok(Told::Connected)
            }
            Err(error) if may_pass(&error) => {
                self.next_try = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Ok(Told::Lost(error.into()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A server that starts, or a gateway before it; a store that is away.
fn may_pass(error: &remote::Error) -> bool {
    match error {
        remote::Error::Network(_) => true,
        remote::Error::Stranger { status, .. } => *status >= 500,
        remote::Error::Problem { code, .. } => matches!(code.as_str(), "store_unavailable" | "too_many_requests"),
    }
}
