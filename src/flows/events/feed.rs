//! Everything that is told from a number on, each event once: what is kept comes with its number, so that whoever lost
//! the connection goes on there. What is not kept is told to those who listen at that moment.

use super::{News, Wanted, Watch, kept, watch};
use crate::app::App;
use crate::flows::Error;
use crate::oauth::event::Event;
use std::collections::VecDeque;

/// So many events are remembered as told, until their announcement comes.
const REMEMBERED: usize = 1_000;

#[derive(Debug)]
pub struct Feed {
    app: App,
    watch: Watch,
    /// Up to this number the kept ones were told.
    told_to: u64,
    /// To be told next.
    waiting: VecDeque<Numbered>,
    /// Told from the store, and not heard of yet.
    ahead: VecDeque<Event>,
}

/// An event, and its number where it is kept.
#[derive(Clone, Debug)]
pub struct Numbered {
    pub number: Option<u64>,
    pub event: Event,
}

/// Everything from now on, or after the event of that number.
pub async fn feed(app: &App, after: Option<u64>) -> Result<Feed, Error> {
    // What is told from here on is heard; what was told before is read.
    let watch = watch(app, Wanted::default()).await;
    let last = kept::last(app).await?;
    let told_to = after.map_or(last, |after| after.min(last));
    let mut feed = Feed { app: app.clone(), watch, told_to, waiting: VecDeque::new(), ahead: VecDeque::new() };
    feed.catch_up().await?;
    Ok(feed)
}

impl Feed {
    /// The number after which it goes on.
    pub fn told_to(&self) -> u64 {
        self.waiting.front().and_then(|next| next.number).map_or(self.told_to, |next| next - 1)
    }

    /// The next one. There is no end to it but an error of the store.
    pub async fn next(&mut self) -> Result<Numbered, Error> {
        loop {
            if let Some(numbered) = self.waiting.pop_front() {
                return Ok(numbered);
            }
            let news = self.watch.next().await;
            self.catch_up().await?;
            if let News::Event(event) = news {
                self.heard(event.facts());
            }
        }
    }

    /// Takes what is kept since. An event that is numbered and not there yet is heard of when it is announced.
    async fn catch_up(&mut self) -> Result<(), Error> {
        let last = kept::last(&self.app).await?;
        for number in kept::since(self.told_to, last) {
            let Some(event) = kept::at(&self.app, number).await? else { continue };
            let event = event.facts();
            self.ahead.push_back(event.clone());
            self.waiting.push_back(Numbered { number: Some(number), event });
        }
        self.told_to = last;
        let too_many = self.ahead.len().saturating_sub(REMEMBERED);
        self.ahead.drain(..too_many);
        Ok(())
    }

    /// What is announced was told already, unless it is not kept.
    fn heard(&mut self, event: Event) {
        match self.ahead.iter().position(|known| *known == event) {
            Some(at) => drop(self.ahead.remove(at)),
            None => self.waiting.push_back(Numbered { number: None, event }),
        }
    }
}
