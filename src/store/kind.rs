//! What is stored: the one place that decides which kinds of record exist.

use std::fmt;

/// A kind of record. A new one is a line here and a line in `Kind::facts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What one account allowed one client: id `name@account`.
    Grant,
    /// What went wrong with the first token of a client that asks in its own name: id as the grant's.
    FirstToken,
    /// A key of the HTTP API.
    ApiKey,
    /// A client definition, where definitions are kept in Redis.
    Definition,
    /// How a client's registration at its server is ended: id as the client's name.
    Registration,
    /// An event of the last thousand: id as its place in the round.
    Event,
    /// How many events there were, and up to which they were read.
    EventCount,
    /// What a webhook or a command was not told yet: id as its name.
    Notification,
    /// One known text under the current key: tells a wrong key before anything is read or written.
    Canary,
    /// An authorization request whose answer has not come back.
    PendingAuthorization,
    /// How a callback ended, for the reload of its page.
    CallbackAnswer,
    /// An authorization response that was posted, until the browser comes with its cookie.
    PostedResponse,
    /// An authorization response that nobody here asked for, until the operator accepts it.
    UnsolicitedResponse,
    /// A device authorization that nobody has answered yet.
    DeviceAuthorization,
    /// A signed-in browser.
    Session,
    /// A single-use code that signs a browser in.
    LoginCode,
    /// That the end of a certificate was told: id as its fingerprint and the warning.
    CertificateWarning,
}

/// How long records of a kind live, and with that whether they can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until deleted; listable.
    Kept,
    /// Until its expiry; found only by who knows its id, which the backend sees as a hash.
    Passing,
}

impl Kind {
    pub const ALL: [Kind; 17] = [
        Kind::Grant,
        Kind::FirstToken,
        Kind::ApiKey,
        Kind::Definition,
        Kind::Registration,
        Kind::Event,
        Kind::EventCount,
        Kind::Notification,
        Kind::Canary,
        Kind::PendingAuthorization,
        Kind::CallbackAnswer,
        Kind::PostedResponse,
        Kind::UnsolicitedResponse,
        Kind::DeviceAuthorization,
        Kind::Session,
        Kind::LoginCode,
        Kind::CertificateWarning,
    ];

    /// The name on disk, which never changes, and the lifetime.
    const fn facts(self) -> (&'static str, Lifetime) {
        match self {
            Kind::Grant => ("grant", Lifetime::Kept),
            Kind::FirstToken => ("first_token", Lifetime::Kept),
            Kind::ApiKey => ("api_key", Lifetime::Kept),
            Kind::Definition => ("definition", Lifetime::Kept),
            Kind::Registration => ("registration", Lifetime::Kept),
            Kind::Event => ("event", Lifetime::Kept),
            Kind::EventCount => ("event_count", Lifetime::Kept),
            Kind::Notification => ("notification", Lifetime::Kept),
            Kind::Canary => ("canary", Lifetime::Kept),
            Kind::PendingAuthorization => ("pending_authorization", Lifetime::Passing),
            Kind::CallbackAnswer => ("callback_answer", Lifetime::Passing),
            Kind::PostedResponse => ("posted_response", Lifetime::Passing),
            Kind::UnsolicitedResponse => ("unsolicited_response", Lifetime::Passing),
            Kind::DeviceAuthorization => ("device_authorization", Lifetime::Passing),
            Kind::Session => ("session", Lifetime::Passing),
            Kind::LoginCode => ("login_code", Lifetime::Passing),
            Kind::CertificateWarning => ("certificate_warning", Lifetime::Passing),
        }
    }

    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether losing the latest one cannot be made good by doing it again.
    pub(super) const fn is_irreplaceable(self) -> bool {
        matches!(self, Kind::Grant)
    }

    pub const fn is_kept(self) -> bool {
        matches!(self.facts().1, Lifetime::Kept)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use std::collections::HashSet;

    #[test]
    fn no_two_kinds_share_a_name_on_disk() {
        let names: HashSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
