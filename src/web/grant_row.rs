//! What the page of a client says of one grant.

use super::claims::claims;
use super::pages::{Action, AttemptRow, Badge, GrantError, GrantRow, IdentityView, words};
use crate::app::App;
use crate::flows::token_files;
use crate::oauth::grant::{Attempt, Cause, Failing, Freshness, Grant, Outcome};
use crate::oauth::id_token::{Identity, Trust};
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;

pub fn of(app: &App, client: &Client, grant: &Grant) -> GrantRow {
    let (tokens, now) = (&grant.tokens, app.now());
    GrantRow {
        account: grant.name.account.to_string(),
        state: Badge::of(grant.state(&client.definition, now).as_str()),
        scope: tokens.scope.as_ref().unwrap_or(&client.definition.scopes).join(" "),
        expiry: words::expiry(tokens.expires_at, now),
        expires_at: tokens.expires_at.map(Timestamp::rfc3339).unwrap_or_default(),
        refreshed: words::ago(tokens.received_at, now),
        error: grant.last_error().map(|error| GrantError { text: error, hint: hint(app, client, grant) }),
        advice: refresh_advice(app, client, grant),
        identity: grant.identity.as_ref().map(identity),
        token_file: token_files::state(app, client, grant),
        history: grant.history.iter().map(|attempt| attempt_row(attempt, now)).collect(),
        actions: actions(client, grant),
    }
}

/// What is said of a row of failures: since when, and how it ends.
pub fn trouble(failing: &Failing, now: Timestamp) -> String {
    let since = words::ago(failing.since, now);
    let next = match failing.next_try_at.map(|at| now.seconds_until(at)) {
        Some(left) if left > 0 => format!("The next try is in {}.", words::duration(left)),
        Some(_) => "It is tried again at the next occasion.".to_owned(),
        None => String::new(),
    };
    let mend = match failing.cause {
        Cause::Server => "",
        Cause::Client => {
            "Correct the client ID, the secret, or how the client authenticates; then it is tried at once. "
        }
        Cause::Refusal | Cause::Definition => "Correct the definition; then it is tried at once. ",
    };
    format!("It began {since}. {mend}{next}").trim_end().to_owned()
}

fn attempt_row(attempt: &Attempt, now: Timestamp) -> AttemptRow {
    let outcome = match attempt.outcome {
        Outcome::Authorized => "authorized",
        Outcome::Refreshed => "refreshed",
        Outcome::Failed => "failed",
        Outcome::Ended => "refused for good",
    };
    AttemptRow {
        when: words::ago(attempt.at, now),
        at: attempt.at.rfc3339(),
        outcome,
        took: words::milliseconds(attempt.took_ms),
        error: attempt.error.clone().unwrap_or_default(),
    }
}

fn actions(client: &Client, grant: &Grant) -> Vec<Action> {
    let definition = &client.definition;
    let said = |url: &Option<String>| url.as_deref().is_some_and(|url| !url.is_empty());
    let all = [
        (grant.can_refresh(definition), Action { path: "refresh", label: "Refresh now" }),
        (said(&definition.api.base_url), Action { path: "test", label: "Test" }),
        (said(&definition.userinfo.url), Action { path: "userinfo", label: "User info" }),
        (said(&definition.introspect.url), Action { path: "introspect", label: "Introspect" }),
    ];
    all.into_iter().filter(|(offered, _)| *offered).map(|(_, action)| action).collect()
}

fn identity(identity: &Identity) -> IdentityView {
    IdentityView {
        subject: identity.subject().unwrap_or_default().to_owned(),
        verified: identity.trust == Trust::Verified,
        claims: claims(&identity.claims),
    }
}

/// A token that ends, and nothing to renew it with.
fn refresh_advice(app: &App, client: &Client, grant: &Grant) -> String {
    let renewable = grant.tokens.refresh_token.is_some() || grant.can_refresh(&client.definition);
    let missed = grant.tokens.expires_at.is_some() && !renewable && client.definition.needs_resource_owner();
    if missed { app.presets.refresh_token_advice(&client.definition).to_owned() } else { String::new() }
}

fn hint(app: &App, client: &Client, grant: &Grant) -> String {
    if let Some(ended) = &grant.ended {
        let advice = app.presets.advice_on(client.definition.preset.as_deref(), &ended.error);
        return advice.unwrap_or("Authorize again.").to_owned();
    }
    let now = app.now();
    let trouble = grant.failing.as_ref().map(|failing| trouble(failing, now)).unwrap_or_default();
    match grant.tokens.freshness(now, 0) {
        Freshness::Expired => trouble,
        Freshness::Valid | Freshness::RefreshDue => format!("{trouble} Until it ends, the present token is used."),
    }
}
