//! `{grant.NAME.access_token}` and `{grant.NAME@ACCOUNT.id_token}`: a token of another client's grant, in a template.

use super::grant::Grant;
use super::name::GrantName;
use super::secret::Secret;
use std::fmt;

/// Never a refresh token: that one is handed to nobody but its own authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhichToken {
    Access,
    Id,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantReference {
    pub grant: GrantName,
    pub token: WhichToken,
}

impl GrantReference {
    /// What a placeholder's name says; `None` when it says something else.
    pub fn parse(placeholder: &str) -> Option<Self> {
        let rest = placeholder.strip_prefix("grant.")?;
        let (name, token) = match rest.rsplit_once('.')? {
            (name, "access_token") => (name, WhichToken::Access),
            (name, "id_token") => (name, WhichToken::Id),
            _ => return None,
        };
        Some(Self { grant: name.parse().ok()?, token })
    }

    /// The token it stands for, if the grant has it.
    pub fn token_of<'g>(&self, grant: &'g Grant) -> Option<&'g Secret> {
        match self.token {
            WhichToken::Access => Some(&grant.tokens.access_token),
            WhichToken::Id => grant.tokens.id_token.as_ref(),
        }
    }
}

/// The placeholder's name, as [`GrantReference::parse`] reads it.
impl fmt::Display for GrantReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = match self.token {
            WhichToken::Access => "access_token",
            WhichToken::Id => "id_token",
        };
        write!(f, "grant.{}.{token}", self.grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_a_grant_and_one_of_its_tokens() {
        for name in ["grant.idp.access_token", "grant.a.b-c_1.id_token", "grant.2nd@me@example.com.access_token"] {
            assert_eq!(GrantReference::parse(name).unwrap().to_string(), name);
        }
        let other = GrantReference::parse("grant.idp@anna.id_token").unwrap();
        assert_eq!((other.grant.client.as_str(), other.grant.account.as_str()), ("idp", "anna"));
        assert_eq!(other.token, WhichToken::Id);
    }

    #[test]
    fn a_refresh_token_cannot_be_referred_to() {
        for name in [
            "grant.idp.refresh_token",
            "grant.idp",
            "grant..access_token",
            "grant.Idp.access_token",
            "idp.access_token",
        ] {
            assert_eq!(GrantReference::parse(name), None, "{name}");
        }
    }
}
