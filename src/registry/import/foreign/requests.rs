//! The parameters that a tool adds to the three requests.

use super::super::settings::{Place, Row};
use super::super::variables::Variables;
use super::Foreign;
use crate::oauth::definition::{Definition, GrantType, Overlay, SecretSource};
use crate::oauth::secret::Secret;
use std::collections::{BTreeMap, BTreeSet};

/// Made by this program for each request.
const OURS: &[&str] =
    &["state", "nonce", "code", "code_verifier", "code_challenge", "code_challenge_method", "refresh_token"];

/// Parameters, and headers.
type Parted = (Vec<(String, Option<String>)>, BTreeMap<String, String>);

/// The rows whose variables have a value.
pub fn fill_in(rows: &mut Vec<Row>, variables: &Variables, notes: &mut Vec<String>) {
    rows.retain_mut(|row| {
        let mut missing = BTreeSet::new();
        row.value = variables.fill(&row.value, &mut missing);
        let Some(variable) = missing.first() else { return true };
        notes.push(format!("`{}` was the variable `{variable}`, which has no value; it was left out.", row.name));
        false
    });
}

impl Foreign {
    /// Adds what the tool adds to the requests.
    pub fn ask_for(&mut self, definition: &mut Definition) {
        let mut both = Vec::new();
        for name in ["audience", "resource"] {
            let value = self.settings.take(&[name]);
            if !value.is_empty() {
                both.push((name.to_owned(), Some(value)));
            }
        }
        let (authorize, headers) = self.parted(|foreign| &mut foreign.authorize, definition);
        self.notes.extend(headers.keys().map(|name| {
            format!(
                "The header `{name}` of the authorization request was not carried over: a browser sends that request."
            )
        }));
        let (token, headers) = self.parted(|foreign| &mut foreign.token, definition);
        definition.token.headers = headers;
        let (refresh, headers) = self.parted(|foreign| &mut foreign.refresh, definition);
        definition.refresh.headers = Some(headers).filter(|headers| !headers.is_empty());
        if definition.grant == GrantType::AuthorizationCode {
            definition.authorize.params = self.once([both.clone(), authorize].concat());
        }
        definition.token.params = self.once([both, token].concat());
        definition.refresh.params = self.once(refresh);
    }

    /// RFC 6749 §3.1: a parameter is sent once.
    fn once(&mut self, rows: Vec<(String, Option<String>)>) -> Overlay {
        let mut kept: Vec<(String, Option<String>)> = Vec::new();
        for (name, value) in rows {
            match kept.iter().find(|(known, _)| *known == name) {
                None => kept.push((name, value)),
                Some((_, first)) if *first == value => {}
                Some(_) => self.notes.push(format!(
                    "`{name}` was there more than once, and a request may hold it once (RFC 6749 §3.1): the first was carried over."
                )),
            }
        }
        Overlay(kept)
    }

    fn parted(&mut self, of: fn(&mut Foreign) -> &mut Vec<Row>, definition: &mut Definition) -> Parted {
        let (mut params, mut headers) = (Vec::new(), BTreeMap::new());
        for Row { name, value, place } in std::mem::take(of(self)) {
            if OURS.contains(&name.as_str()) {
                self.notes.push(format!("`{name}` had a fixed value; it is now made anew for each request."));
                continue;
            }
            let Some(value) = self.without_secret(&name, value, definition) else { continue };
            match place {
                Place::Header => drop(headers.insert(name, value)),
                Place::Query | Place::Body => params.push((name, Some(value))),
            }
        }
        (params, headers)
    }

    /// A secret in a parameter becomes the client secret, where it is sealed.
    fn without_secret(&mut self, name: &str, value: String, definition: &mut Definition) -> Option<String> {
        if !name.to_lowercase().contains("secret") || value.starts_with('{') {
            return Some(value);
        }
        match &definition.client_secret {
            None => definition.client_secret = Some(SecretSource::Plain(Secret::new(value))),
            Some(SecretSource::Plain(known)) if known.matches(&value) => {}
            Some(_) => {
                self.notes.push(format!("`{name}` held a second secret, which was left out."));
                return None;
            }
        }
        Some("{client_secret}".to_owned())
    }
}
