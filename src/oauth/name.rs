//! What clients, accounts and grants are called.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// The account that is meant when none is said.
pub const DEFAULT_ACCOUNT: &str = "default";

/// The key of a client: `[a-z0-9][a-z0-9._-]{0,62}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientName(String);

/// Which resource owner authorized a client: 1 to 128 characters without control characters, `@` allowed (e-mail).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(String);

/// One client with one account, written `name` or `name@account`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantName {
    pub client: ClientName,
    pub account: Account,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    #[error(
        "a client name is 1 to 63 of the characters a-z, 0-9, '.', '_' and '-', and starts with a letter or a digit"
    )]
    Client,
    #[error("an account is 1 to 128 characters without spaces at its ends or control characters")]
    Account,
}

impl ClientName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest valid name to any text: `Google Drive (work)` becomes `google-drive-work`. `None` when nothing is left.
    pub fn slug(text: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() || (matches!(c, '.' | '_') && !slug.is_empty()) {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.len() == 63 {
                break;
            }
        }
        slug.trim_end_matches(['-', '.', '_']).parse().ok()
    }
}

impl FromStr for ClientName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let first = bytes.first().copied().is_some_and(allowed);
        let rest = bytes.iter().all(|&b| allowed(b) || matches!(b, b'.' | b'_' | b'-'));
        if first && rest && bytes.len() <= 63 { Ok(Self(text.to_owned())) } else { Err(BadName::Client) }
    }
}

impl Account {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_default(&self) -> bool {
        self.0 == DEFAULT_ACCOUNT
    }
}

impl Default for Account {
    fn default() -> Self {
        Self(DEFAULT_ACCOUNT.to_owned())
    }
}

impl FromStr for Account {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let length = text.chars().count();
        let plain = !text.chars().any(char::is_control) && text.trim() == text;
        if (1..=128).contains(&length) && plain { Ok(Self(text.to_owned())) } else { Err(BadName::Account) }
    }
}

impl From<ClientName> for GrantName {
    /// Of the default account.
    fn from(client: ClientName) -> Self {
        Self { client, account: Account::default() }
    }
}

impl FromStr for GrantName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let (client, account) = match text.split_once('@') {
            Some((client, account)) => (client, account.parse()?),
            None => (text, Account::default()),
        };
        Ok(Self { client: client.parse()?, account })
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for GrantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.account.is_default() {
            f.write_str(self.client.as_str())
        } else {
            write!(f, "{}@{}", self.client, self.account)
        }
    }
}

macro_rules! serde_as_text {
    ($name:ty) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

serde_as_text!(ClientName);
serde_as_text!(Account);
serde_as_text!(GrantName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_name_is_lower_case_and_short() {
        for good in ["a", "0", "google-drive", "a.b_c-d", &"a".repeat(63)] {
            assert!(good.parse::<ClientName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "A", "a b", "a/b", "é", &"a".repeat(64), "a@b"] {
            assert!(bad.parse::<ClientName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_grant_is_written_with_its_account_unless_that_is_the_default() {
        let grant: GrantName = "mail@me@example.com".parse().unwrap();
        assert_eq!((grant.client.as_str(), grant.account.as_str()), ("mail", "me@example.com"));
        assert_eq!(grant.to_string(), "mail@me@example.com");
        assert_eq!("mail@default".parse::<GrantName>().unwrap().to_string(), "mail");
        assert!("mail@".parse::<GrantName>().is_err());
    }

    #[test]
    fn any_text_has_a_slug_or_none() {
        assert_eq!(ClientName::slug("Google Drive (work)").unwrap().as_str(), "google-drive-work");
        assert_eq!(ClientName::slug("..."), None);
    }
}
