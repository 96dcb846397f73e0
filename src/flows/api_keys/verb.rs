//! What a key may do.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// One thing that a key may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verb {
    #[serde(rename = "token:read")]
    TokenRead,
    #[serde(rename = "proxy")]
    Proxy,
    #[serde(rename = "status:read")]
    StatusRead,
    #[serde(rename = "grants:write")]
    GrantsWrite,
    #[serde(rename = "grants:authorize")]
    GrantsAuthorize,
    #[serde(rename = "clients:read")]
    ClientsRead,
    #[serde(rename = "clients:write")]
    ClientsWrite,
    #[serde(rename = "metrics:read")]
    MetricsRead,
    #[serde(rename = "keys:write")]
    KeysWrite,
}

/// No verb has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of {all}", all = Verb::ALL.map(Verb::as_str).join(", "))]
pub struct BadVerb(String);

impl Verb {
    pub const ALL: [Verb; 9] = [
        Verb::TokenRead,
        Verb::Proxy,
        Verb::StatusRead,
        Verb::GrantsWrite,
        Verb::GrantsAuthorize,
        Verb::ClientsRead,
        Verb::ClientsWrite,
        Verb::MetricsRead,
        Verb::KeysWrite,
    ];

    /// What a key of all clients may do where nothing is said: whoever makes keys was chosen for that.
    pub fn usual() -> Vec<Verb> {
        Self::ALL.into_iter().filter(|verb| *verb != Verb::KeysWrite).collect()
    }

    /// As in JSON and after `--allow`.
    pub const fn as_str(self) -> &'static str {
        self.facts().0
    }

    /// For people, after "may".
    pub const fn meaning(self) -> &'static str {
        self.facts().1
    }

    const fn facts(self) -> (&'static str, &'static str) {
        match self {
            Verb::TokenRead => ("token:read", "fetch access tokens"),
            Verb::Proxy => ("proxy", "call the APIs through the proxy, without seeing a token"),
            Verb::StatusRead => ("status:read", "see the state of every grant, and hear of events"),
            Verb::GrantsWrite => ("grants:write", "refresh and revoke"),
            Verb::GrantsAuthorize => ("grants:authorize", "begin authorizations"),
            Verb::ClientsRead => ("clients:read", "read definitions, without secrets"),
            Verb::ClientsWrite => ("clients:write", "create, change and delete clients"),
            Verb::MetricsRead => ("metrics:read", "read the metrics"),
            Verb::KeysWrite => ("keys:write", "make and revoke keys that may do no more than this one"),
        }
    }

    /// Whether whoever may do this could do `other` anyway: a token opens the API without any proxy, and whoever changes
    /// a client reads it first.
    pub fn includes(self, other: Verb) -> bool {
        match self {
            _ if self == other => true,
            Verb::TokenRead => matches!(other, Verb::Proxy | Verb::StatusRead),
            Verb::GrantsWrite | Verb::GrantsAuthorize | Verb::ClientsRead => other == Verb::StatusRead,
            Verb::ClientsWrite => matches!(other, Verb::ClientsRead | Verb::StatusRead),
            Verb::Proxy | Verb::StatusRead | Verb::MetricsRead | Verb::KeysWrite => false,
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Verb {
    type Err = BadVerb;

    fn from_str(text: &str) -> Result<Self, BadVerb> {
        let found = Verb::ALL.into_iter().find(|verb| verb.as_str() == text);
        found.ok_or_else(|| BadVerb(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_is_written_the_same_everywhere() {
        for verb in Verb::ALL {
            assert_eq!(verb.as_str().parse(), Ok(verb));
            assert_eq!(serde_json::to_value(verb).unwrap(), verb.as_str());
        }
        assert!("token".parse::<Verb>().unwrap_err().to_string().contains("token:read, proxy"));
    }

    #[test]
    fn only_a_token_or_a_change_includes_more_than_itself() {
        assert!(Verb::TokenRead.includes(Verb::Proxy) && !Verb::Proxy.includes(Verb::TokenRead));
        assert!(Verb::ClientsWrite.includes(Verb::ClientsRead) && !Verb::ClientsRead.includes(Verb::ClientsWrite));
        assert!(!Verb::ClientsWrite.includes(Verb::TokenRead) && !Verb::GrantsWrite.includes(Verb::TokenRead));
    }
}
