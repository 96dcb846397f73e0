//! Keeping every grant fresh before anybody asks. One task in the server knows when each grant is due and sleeps until
//! then; nothing is looked through again and again.
//!
//! Invariants: the keeper decides only when to look; whether there is something to do is decided under the grant's lease,
//! so several instances never do it twice. What is under way runs to its end, also when the program is told to stop.

mod clock;
mod queue;
mod telling;
mod work;

use super::refresh::first_token::{self, FirstToken};
use super::{Error, grants};
use crate::app::App;
use crate::oauth::definition::Definition;
use crate::oauth::event::Event;
use crate::oauth::grant::{Failing, Grant, Task};
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;
use crate::store::Heard;
use clock::Clock;
use queue::Queue;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, JoinSet};

/// The longest sleep, so that a clock that was set and a definition that was edited by hand are noticed.
const LONGEST_NAP: Duration = Duration::from_secs(20);
/// Many changes at once are looked at together.
const GATHER: Duration = Duration::from_millis(100);
/// Between two attempts to read a store that cannot be read: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Seconds until a grant is looked at again that is still due: somebody else has it in hand, or was stopped at it.
const STILL_DUE_S: i64 = 5;
/// The same where something else is in the way, such as another grant that it needs a token of.
const IN_THE_WAY_S: i64 = 300;

/// The running task. Dropped, it starts nothing any more; what is under way ends by itself, see [`crate::app::Parts::work`].
#[derive(Debug)]
pub struct Keeper(JoinHandle<()>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts it.
pub fn start(app: &App) -> Keeper {
    let keeping = Keeping {
        app: app.clone(),
        clients: Arc::default(),
        queue: Queue::default(),
        running: JoinSet::new(),
        clock: Clock::new(app.now(), Instant::now()),
        looked_around_at: Instant::now(),
        reload_at: Some(Instant::now()),
        pause: FIRST_PAUSE,
        is_broken: true,
    };
    Keeper(tokio::spawn(keeping.run()))
}

#[derive(Debug)]
struct Keeping {
    app: App,
    clients: Arc<[Client]>,
    queue: Queue,
    running: JoinSet<(GrantName, Result<(), Error>)>,
    clock: Clock,
    looked_around_at: Instant,
    /// When everything is to be read again; `None`: what is known is up to date.
    reload_at: Option<Instant>,
    pause: Duration,
    /// Whether the store or the definitions cannot be read: then nothing is started.
    is_broken: bool,
}

impl Keeping {
    async fn run(mut self) {
        let mut listener = self.app.store.listen().await;
        loop {
            if self.looked_around_at.elapsed() >= LONGEST_NAP {
                self.look_around().await;
            }
            if self.reload_at.is_some_and(|at| at <= Instant::now()) {
                self.reload().await;
            }
            self.start_what_is_due();
            let nap = self.nap();
            tokio::select! {
                heard = listener.next() => self.hear(heard).await,
                Some(ended) = self.running.join_next() => self.ended(ended.ok()).await,
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    /// Until the next one is due.
    fn nap(&self) -> Duration {
        let until_due = self.queue.next().map_or(LONGEST_NAP, |at| {
            let seconds = self.app.now().seconds_until(at).max(0).unsigned_abs();
            // Seconds are cut off: the next one begins within this.
            Duration::from_secs(seconds).max(Duration::from_millis(50))
        });
        let until_due = if self.is_broken { LONGEST_NAP } else { until_due };
        let until_reload = self.reload_at.map(|at| at.saturating_duration_since(Instant::now()));
        until_due.min(until_reload.unwrap_or(LONGEST_NAP)).min(LONGEST_NAP)
    }

    fn reload_in(&mut self, pause: Duration) {
        let at = Instant::now() + pause;
        self.reload_at = Some(self.reload_at.map_or(at, |before| before.min(at)));
    }

    /// What nobody tells of: a clock that was set, a file that was edited.
    async fn look_around(&mut self) {
        self.looked_around_at = Instant::now();
        if self.clock.has_jumped(self.app.now(), Instant::now()) {
            tracing::info!("the clock has jumped: every grant is looked at again");
            return self.reload_in(Duration::ZERO);
        }
        match self.app.registry.list().await {
            Ok(clients) if Arc::ptr_eq(&clients, &self.clients) || *clients == *self.clients => {}
            _ => self.reload_in(Duration::ZERO),
        }
    }

    async fn hear(&mut self, heard: Heard) {
        let event = match &heard {
            Heard::Announced(text) => serde_json::from_str::<Event>(text).ok(),
            Heard::Missed => return self.reload_in(GATHER),
        };
        match event {
            Some(Event { client: Some(client), account: Some(account), .. }) => {
                self.look_at(GrantName { client, account }, 0).await;
            }
            Some(Event { client: Some(_), account: None, .. }) => self.reload_in(GATHER),
            _ => {}
        }
    }

    /// Reads everything and plans anew. One record that cannot be read keeps nobody else waiting.
    async fn reload(&mut self) {
        self.reload_at = None;
        if let Err(error) = self.read_all().await {
            tracing::warn!(%error, "no background refresh for now");
            self.is_broken = true;
            self.reload_in(self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            return;
        }
        tracing::debug!(waiting = self.queue.len(), "every grant was looked at");
        (self.is_broken, self.pause) = (false, FIRST_PAUSE);
    }

    async fn read_all(&mut self) -> Result<(), Error> {
        self.clients = self.app.registry.list().await?;
        let grants = self.app.store.list_readable::<Grant>().await?;
        let first = self.app.store.list_readable::<FirstToken>().await?;
        self.queue.clear();
        for (_, found) in first {
            self.plan_first(&found.value, 0);
        }
        for (_, found) in grants {
            self.plan(&found.value, 0);
        }
        Ok(())
    }

    /// Reads one grant and plans it anew; one that is still due not before so many seconds have passed.
    async fn look_at(&mut self, name: GrantName, pause: i64) {
        self.queue.remove(&name);
        let Some(client) = self.client(&name.client) else { return self.reload_in(GATHER) };
        let grant = grants::get(&self.app, &client, &name.account).await;
        let first = first_token::get(&self.app, &client, &name).await;
        match (grant, first) {
            (Ok(Some(found)), _) => self.plan(&found.value, pause),
            (Ok(None), Ok(Some(found))) => self.plan_first(&found.value, pause),
            (Ok(None), Ok(None)) => {}
            (Err(error), _) | (_, Err(error)) => {
                tracing::debug!(%error, %name, "a grant cannot be read");
                self.reload_in(self.pause);
            }
        }
    }

    fn client(&self, name: &ClientName) -> Option<Client> {
        let found = self.clients.binary_search_by(|client| client.name.cmp(name)).ok()?;
        self.clients.get(found).cloned()
    }

    fn plan(&mut self, grant: &Grant, pause: i64) {
        let Some(client) = self.client(&grant.name.client) else { return };
        if !grant.belongs_to(&client.definition) {
            return;
        }
        let now = self.app.now();
        let next = grant.next_task(&client.definition, now, self.app.jitter());
        if let Some((at, task)) = next {
            let is_new = task == Task::Refresh && self.is_new(&client, grant.failing.as_ref());
            self.put(&client.definition, grant.name.clone(), if is_new { now } else { at }, pause);
        }
    }

    fn plan_first(&mut self, first: &FirstToken, pause: i64) {
        let Some(client) = self.client(&first.name.client) else { return };
        if first.belongs_to(&client) && client.definition.refresh.background {
            let now = self.app.now();
            let next = first.failing.next_try_at.unwrap_or(now + IN_THE_WAY_S);
            let at = if self.is_new(&client, Some(&first.failing)) { now } else { next };
            self.put(&client.definition, first.name.clone(), at, pause);
        }
    }

    /// Whether a row of failures was with another definition or secret.
    fn is_new(&self, client: &Client, failing: Option<&Failing>) -> bool {
        failing.is_some_and(|failing| failing.tried_with != self.app.tried_with(client))
    }

    fn put(&mut self, definition: &Definition, name: GrantName, at: Timestamp, pause: i64) {
        let now = self.app.now();
        let at = if at <= now { now + pause } else { at };
        self.queue.put(name, at, work::lane(definition));
    }

    fn start_what_is_due(&mut self) {
        if self.is_broken {
            return;
        }
        for name in self.queue.start(self.app.now()) {
            let (app, client) = (self.app.clone(), self.client(&name.client));
            self.running.spawn(async move {
                let result = match client {
                    Some(client) => work::see_to(&app, &client, &name).await,
                    None => Ok(()),
                };
                (name, result)
            });
        }
    }

    async fn ended(&mut self, ended: Option<(GrantName, Result<(), Error>)>) {
        let Some((name, result)) = ended else { return };
        self.queue.ended(&name, work::behaved(&result));
        let pause = match &result {
            Ok(()) | Err(Error::StillFailing { .. }) => STILL_DUE_S,
            Err(_) => IN_THE_WAY_S,
        };
        if let Err(error @ (Error::Store(_) | Error::Registry(_))) = &result {
            tracing::warn!(%error, %name, "the background could not see to a grant");
            self.reload_in(self.pause);
        }
        self.look_at(name, pause).await;
    }
}
