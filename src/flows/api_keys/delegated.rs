//! Keys that a key makes. It needs `keys:write`, which only the operator gives, and can give no more than it has: not
//! another client, not another verb, no later end, and never `keys:write` itself. They end with the key that made them.

use super::{ApiKey, Verb, Wanted};
use crate::app::App;
use crate::flows::Error;
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;

/// Why a key does not make another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGiven {
    #[error("this key is for {0} and makes keys for no others; name which with `--client`")]
    Clients(String),
    #[error("this key may not {meaning} itself, so it makes no key that may; leave out `--allow {0}`", meaning = .0.meaning())]
    Verb(Verb),
    #[error("only the operator makes keys that make keys: on the page API keys, or where the server runs")]
    Keys,
    #[error("this key ends on {0} and makes no key that lives longer; say `--expires`")]
    End(String),
    #[error("this key was revoked meanwhile")]
    Revoked,
}

/// As [`super::create`], for who has `maker`.
pub async fn create(app: &App, maker: &ApiKey, wanted: Wanted) -> Result<Result<(ApiKey, Secret), NotGiven>, Error> {
    if let Err(refused) = maker.gives(&wanted) {
        return Ok(Err(refused));
    }
    let (key, text) = super::make(app, wanted, Some(maker.id.clone())).await?;
    // Whoever revoked the maker before this one was stored did not find it.
    if !super::still_stands(app, maker).await? {
        super::revoke(app, &key.id).await?;
        return Ok(Err(NotGiven::Revoked));
    }
    Ok(Ok((key, text)))
}

/// The keys that could do no more than `maker`, and itself.
pub async fn list(app: &App, maker: &ApiKey) -> Result<Vec<ApiKey>, Error> {
    let mut keys = super::list(app).await?;
    keys.retain(|key| maker.manages(key));
    Ok(keys)
}

/// `false`: there is no such key, or none that `maker` knows of.
pub async fn revoke(app: &App, maker: &ApiKey, id: &str) -> Result<bool, Error> {
    let known = list(app, maker).await?.iter().any(|key| key.id == id);
    if known { super::revoke(app, id).await } else { Ok(false) }
}

impl ApiKey {
    fn gives(&self, wanted: &Wanted) -> Result<(), NotGiven> {
        if !self.covers(&wanted.clients) {
            let own: Vec<&str> = self.clients.iter().map(ClientName::as_str).collect();
            return Err(NotGiven::Clients(own.join(", ")));
        }
        let verbs = wanted.verbs();
        if verbs.contains(&Verb::KeysWrite) {
            return Err(NotGiven::Keys);
        }
        if let Some(verb) = verbs.into_iter().find(|verb| !self.may(*verb)) {
            return Err(NotGiven::Verb(verb));
        }
        match self.expires_at {
            Some(end) if wanted.expires_at.is_none_or(|wanted| wanted > end) => Err(NotGiven::End(end.rfc3339())),
            _ => Ok(()),
        }
    }

    fn manages(&self, other: &ApiKey) -> bool {
        let is_weaker = || !other.may(Verb::KeysWrite) && other.verbs.iter().all(|verb| self.may(*verb));
        self.id == other.id || (is_weaker() && self.covers(&other.clients))
    }

    fn covers(&self, clients: &[ClientName]) -> bool {
        self.clients.is_empty() || (!clients.is_empty() && clients.iter().all(|client| self.admits(client)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::timestamp::Timestamp;

    fn names(clients: &[&str]) -> Vec<ClientName> {
        clients.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn key(clients: &[&str], verbs: &[Verb], expires_at: Option<i64>) -> ApiKey {
        let json = serde_json::json!({"id": "00", "label": "", "clients": clients, "verbs": verbs, "created_at": 1,
            "expires_at": expires_at, "digest": vec![0; 32]});
        serde_json::from_value(json).unwrap()
    }

    fn wanted(clients: &[&str], verbs: &[Verb], expires_at: Option<i64>) -> Wanted {
        let expires_at = expires_at.map(Timestamp);
        Wanted { label: String::new(), clients: names(clients), verbs: verbs.to_vec(), expires_at }
    }

    #[test]
    fn a_key_gives_no_more_than_it_has() {
        let maker = key(&["a", "b"], &[Verb::TokenRead, Verb::KeysWrite], Some(100));
        let gives = |clients: &[&str], verbs: &[Verb], end| maker.gives(&wanted(clients, verbs, end));
        assert_eq!(gives(&["a"], &[], Some(100)), Ok(()));
        assert_eq!(gives(&["b"], &[Verb::StatusRead], Some(99)), Ok(()), "what its own verbs include");
        assert_eq!(gives(&[], &[Verb::TokenRead], Some(9)), Err(NotGiven::Clients("a, b".to_owned())));
        assert_eq!(gives(&["a", "c"], &[], Some(9)), Err(NotGiven::Clients("a, b".to_owned())));
        assert_eq!(gives(&["a"], &[Verb::ClientsRead], Some(9)), Err(NotGiven::Verb(Verb::ClientsRead)));
        assert_eq!(gives(&["a"], &[Verb::KeysWrite], Some(9)), Err(NotGiven::Keys));
        assert!(matches!(gives(&["a"], &[], None), Err(NotGiven::End(_))));
        assert!(matches!(gives(&["a"], &[], Some(101)), Err(NotGiven::End(_))));
        let all = key(&[], &Verb::ALL, None);
        assert_eq!(all.gives(&wanted(&[], &[], None)), Ok(()), "everything but making keys");
    }

    #[test]
    fn a_key_knows_of_those_that_could_do_no_more() {
        let maker = key(&["a"], &[Verb::TokenRead, Verb::KeysWrite], None);
        let other = |clients: &[&str], verbs: &[Verb]| ApiKey { id: "01".to_owned(), ..key(clients, verbs, None) };
        assert!(maker.manages(&other(&["a"], &[Verb::Proxy])) && maker.manages(&maker));
        assert!(!maker.manages(&other(&[], &[Verb::Proxy])) && !maker.manages(&other(&["b"], &[Verb::Proxy])));
        assert!(!maker.manages(&other(&["a"], &[Verb::ClientsWrite])));
        assert!(!maker.manages(&other(&["a"], &[Verb::KeysWrite])));
    }
}
