//! What happens to clients and grants and is worth telling: no secret is in it.

use super::name::{Account, ClientName, GrantName};
use super::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A resource owner agreed, or a client got its first token in its own name.
    Authorized,
    Refreshed,
    /// The first of a row of refreshes that went wrong in a way that may pass.
    Failing,
    /// The first refresh that worked again after [`EventKind::Failing`].
    Recovered,
    /// Only a person can go on.
    AuthorizationRequired,
    /// The refresh token ends soon; a new authorization prolongs it.
    RefreshTokenEnding,
    /// The certificate this program serves with ends soon, or a new one could not be used.
    CertificateEnding,
    Revoked,
    /// A client definition was created, changed or deleted.
    ClientChanged,
    LoginFailed,
    /// A webhook or a command does not take the events that it is to be told of.
    NotificationFailed,
    /// The file that a definition wants the current token in could not be written, or not be removed.
    TokenFileFailed,
}

impl EventKind {
    pub const ALL: [EventKind; 12] = [
        EventKind::Authorized,
        EventKind::Refreshed,
        EventKind::Failing,
        EventKind::Recovered,
        EventKind::AuthorizationRequired,
        EventKind::RefreshTokenEnding,
        EventKind::CertificateEnding,
        EventKind::Revoked,
        EventKind::ClientChanged,
        EventKind::LoginFailed,
        EventKind::NotificationFailed,
        EventKind::TokenFileFailed,
    ];

    /// As in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::Authorized => "authorized",
            EventKind::Refreshed => "refreshed",
            EventKind::Failing => "failing",
            EventKind::Recovered => "recovered",
            EventKind::AuthorizationRequired => "authorization_required",
            EventKind::RefreshTokenEnding => "refresh_token_ending",
            EventKind::CertificateEnding => "certificate_ending",
            EventKind::Revoked => "revoked",
            EventKind::ClientChanged => "client_changed",
            EventKind::LoginFailed => "login_failed",
            EventKind::NotificationFailed => "notification_failed",
            EventKind::TokenFileFailed => "token_file_failed",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            EventKind::Authorized => "Authorized",
            EventKind::Refreshed => "Refreshed",
            EventKind::Failing => "Failing",
            EventKind::Recovered => "Works again",
            EventKind::AuthorizationRequired => "Authorization required",
            EventKind::RefreshTokenEnding => "Refresh token ends",
            EventKind::CertificateEnding => "Certificate",
            EventKind::Revoked => "Revoked",
            EventKind::ClientChanged => "Changed",
            EventKind::LoginFailed => "Login failed",
            EventKind::NotificationFailed => "Not delivered",
            EventKind::TokenFileFailed => "Token file",
        }
    }

    /// From its name in JSON.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether a person should hear of it. The others are there to be looked up.
    pub const fn needs_a_person(self) -> bool {
        matches!(
            self,
            EventKind::Failing
                | EventKind::AuthorizationRequired
                | EventKind::RefreshTokenEnding
                | EventKind::CertificateEnding
                | EventKind::LoginFailed
                | EventKind::NotificationFailed
                | EventKind::TokenFileFailed
        )
    }

    /// Whether it is told where nothing was chosen: what needs a person, and that it is over.
    pub const fn is_notified_by_default(self) -> bool {
        self.needs_a_person() || matches!(self, EventKind::Recovered)
    }

    /// Whether it is kept, also where nobody is to be told of it. Refreshes are the history of their grant; ten thousand of
    /// them must not push out what matters.
    pub const fn is_kept(self) -> bool {
        !matches!(self, EventKind::Refreshed)
    }
}

/// One event, as it is kept, published and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub event: EventKind,
    /// `None`: it is about the program itself.
    pub client: Option<ClientName>,
    pub account: Option<Account>,
    /// Which generation of the grant's tokens there is after it.
    pub generation: Option<u64>,
    /// When the access token ends, or whatever else the event says is ending.
    pub expires_at: Option<Timestamp>,
    pub at: Timestamp,
    /// Why, in our own words for the operator: never a server's, never a secret. What the server said is on the client's
    /// page. It is kept and shown, but not announced: what every program of a channel hears has six members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Event {
    /// About the program itself.
    pub fn new(event: EventKind, at: Timestamp) -> Self {
        Self { event, client: None, account: None, generation: None, expires_at: None, at, reason: None }
    }

    /// About a client definition.
    pub fn of_client(event: EventKind, client: &ClientName, at: Timestamp) -> Self {
        Self { client: Some(client.clone()), ..Self::new(event, at) }
    }

    /// About a grant.
    pub fn of_grant(event: EventKind, name: &GrantName, at: Timestamp) -> Self {
        Self { account: Some(name.account.clone()), ..Self::of_client(event, &name.client, at) }
    }

    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// What is announced of it: the facts alone.
    #[must_use]
    pub fn facts(&self) -> Self {
        Self { reason: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_called_in_json_as_everywhere() {
        for kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(EventKind::named(kind.as_str()), Some(kind));
        }
    }
}
