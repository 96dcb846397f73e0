//! A webhook is told: one signed request (Standard Webhooks), under the limits and the address policy of every other.

use super::message::Message;
use super::{Tried, Verdict};
use crate::app::App;
use crate::oauth::outgoing::{Answer, Body, Outgoing};
use crate::oauth::secret::Secret;
use crate::oauth::webhook::signatures;

/// Characters of an answer that are shown.
const SHOWN: usize = 500;

pub(super) async fn send(app: &App, message: &Message) -> Tried {
    let Some(request) = request(app, message) else { return silent("there is no webhook".to_owned()) };
    match app.network.send(request).await {
        Ok(answer) => of_answer(&answer),
        Err(error) => silent(error.to_string()),
    }
}

/// `None` where the URL is not set; it was read once, with the settings.
fn request(app: &App, message: &Message) -> Option<Outgoing> {
    let webhook = app.settings.webhook.as_ref()?;
    let at = app.now();
    let signature = signatures(&webhook.keys, &message.id, at, &message.body);
    let body = Body { content_type: "application/json", text: Secret::new(&message.body) };
    let request = Outgoing::post(webhook.url.expose().parse().ok()?, body)
        .header("webhook-id", Secret::new(&message.id))
        .header("webhook-timestamp", Secret::new(at.0.to_string()))
        .header("webhook-signature", Secret::new(signature));
    Some(request)
}

fn of_answer(answer: &Answer) -> Tried {
    let said = format!("it answered with HTTP status {}", answer.status);
    let text: String = answer.body.expose_text().chars().take(SHOWN).collect();
    let verdict = match answer.status {
        200..=299 => Verdict::Taken,
        // All of it is too busy, not with this event alone.
        429 | 502..=504 => Verdict::Silent,
        _ => Verdict::Refused,
    };
    Tried { verdict, said, answer: text, retry_after: answer.retry_after }
}

fn silent(said: String) -> Tried {
    Tried { verdict: Verdict::Silent, said, answer: String::new(), retry_after: None }
}
