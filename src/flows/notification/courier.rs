//! Bringing events to their targets: one task for each target in every server, of which one at a time delivers.

use super::queue::{self, Kept, Queue};
use super::{Target, Tried, Verdict, message};
use crate::app::App;
use crate::flows::Error;
use crate::flows::events::{self, News, Wanted};
use crate::oauth::event::{Event, EventKind};
use crate::oauth::timestamp::Timestamp;
use crate::store::{Held, Lease, Put};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Longer than any attempt takes.
const LEASE: Duration = Duration::from_secs(120);
/// What no signal told of is found after so long.
const LOOK_AGAIN_S: i64 = 60;

/// The tasks; dropped, they end. What was under way is told again by the next.
#[derive(Debug)]
#[must_use]
pub struct Couriers(Vec<JoinHandle<()>>);

/// Starts a courier for each target that is set.
pub fn start(app: &App) -> Couriers {
    let set = Target::ALL.into_iter().filter(|target| target.events(app).is_some());
    Couriers(set.map(|target| tokio::spawn(serve(app.clone(), target))).collect())
}

impl Drop for Couriers {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

async fn serve(app: App, target: Target) {
    let kinds = target.events(&app).unwrap_or_default().to_vec();
    let mut watch = events::watch(&app, Wanted { client: None, kinds }).await;
    loop {
        let next = pass(&app, target).await.unwrap_or_else(|error| {
            tracing::warn!(target = target.as_str(), %error, "events wait to be told");
            None
        });
        let latest = app.now() + LOOK_AGAIN_S;
        let seconds = app.now().seconds_until(next.map_or(latest, |next| next.min(latest))).max(1);
        let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or(1));
        // Whatever the news: a look shows what is new.
        let _: Result<News, _> = tokio::time::timeout(pause, watch.next()).await;
    }
}

/// Tells all that is due, and says when to look again.
async fn pass(app: &App, target: Target) -> Result<Option<Timestamp>, Error> {
    if let Some(next) = idle(app, target).await? {
        return Ok(next);
    }
    let Some(lease) = app.store.lease(&format!("notify:{}", target.as_str()), LEASE).await? else { return Ok(None) };
    let result = deliver(app, target, &lease).await;
    let _ = lease.release().await;
    result
}

/// When to look again, where there is nothing to do now.
async fn idle(app: &App, target: Target) -> Result<Option<Option<Timestamp>>, Error> {
    let Some(found) = queue::load(app, target).await? else { return Ok(None) };
    let (last, next) = (events::last(app).await?, found.value.next_look);
    app.metrics.waiting(target.as_str(), found.value.waiting());
    let is_idle = !found.value.is_behind(last) && next.is_none_or(|next| next > app.now());
    Ok(is_idle.then_some(next))
}

async fn deliver(app: &App, target: Target, lease: &Lease) -> Result<Option<Timestamp>, Error> {
    let wanted = target.events(app).unwrap_or_default();
    let mut read = (0, Kept::new());
    loop {
        let found = queue::load(app, target).await?;
        let version = found.as_ref().map_or(0, |found| found.version);
        let last = events::last(app).await?;
        if read.0 != last {
            read = (last, events::numbered(app).await?);
        }
        let kept = &read.1;
        let mut queue = found.map_or_else(|| Queue::from(last), |found| found.value);
        queue.take_up(last, kept, |event| wanted.contains(&event.event), app.now());
        let given_up = queue.tidy(kept, app.now());
        app.metrics.notifications(target.as_str(), "given_up", given_up);
        let next = queue.next(kept, app.now());
        if let Some((number, event)) = next.and_then(|number| kept.get_key_value(&number)) {
            let tried = attempt(app, target, *number, event).await;
            queue.tried(*number, &tried, app.now(), app.jitter());
        }
        queue.plan(kept);
        let complaint = queue.complaint(given_up);
        app.metrics.waiting(target.as_str(), queue.waiting());
        let stored = app.store.put_if_version(target.as_str(), &queue, version).await?;
        if let (Put::Stored(_), Some(why)) = (&stored, complaint) {
            let event = Event::new(EventKind::NotificationFailed, app.now());
            events::tell(app, event.because(format!("the {} does not take events: {why}", target.as_str()))).await;
        }
        if next.is_none() || lease.renew().await? == Held::Lost {
            return Ok(queue.next_look);
        }
    }
}

async fn attempt(app: &App, target: Target, number: u64, event: &Event) -> Tried {
    let tried = target.tell(app, &message::of(app, number, event)).await;
    let (name, kind) = (target.as_str(), event.event.as_str());
    if tried.verdict == Verdict::Taken {
        app.metrics.notifications(name, "delivered", 1);
        tracing::debug!(target = name, event = kind, "event delivered");
    } else {
        app.metrics.notifications(name, "failed", 1);
        tracing::warn!(target = name, event = kind, reason = tried.said, "event not delivered");
    }
    tried
}
