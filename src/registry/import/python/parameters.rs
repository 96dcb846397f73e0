//! One request of the Python helper. Its parameters were the whole request; ours are what differs from the RFC's.

use super::super::settings::as_text;
use crate::oauth::definition::{Definition, Overlay, ScopeSeparator};
use crate::oauth::template;
use serde_json::Value;

/// Parameters in the helper's order, in our templates' words. None: the helper said nothing about this request.
#[derive(Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

/// Made anew for each request, so a fixed value cannot be carried over.
const FRESH: &[&str] = &[
    "state",
    "nonce",
    "redirect_uri",
    "code",
    "code_verifier",
    "code_challenge",
    "code_challenge_method",
    "refresh_token",
];

/// Left out on purpose when they are absent. The others are needed or harmless, and protect the flow.
const OMITTED: &[&str] = &["response_type", "grant_type", "redirect_uri"];

impl Parameters {
    /// Empty names and values are rows that were never filled in.
    pub fn read(json: Option<&Value>, notes: &mut Vec<String>) -> Self {
        let mut rows = Vec::new();
        for (name, value) in json.and_then(Value::as_object).into_iter().flatten() {
            match as_text(value) {
                Some(text) if !name.is_empty() && !text.is_empty() => rows.push((name.clone(), in_our_words(&text))),
                None if !value.is_null() => {
                    notes.push(format!("The parameter `{name}` is not a text and was left out."))
                }
                _ => {}
            }
        }
        Self(rows)
    }

    /// Moves a secret written into a parameter to the client secret, where it is sealed.
    pub fn take_secret(&mut self, secret: &mut Option<String>, notes: &mut Vec<String>) {
        self.0.retain_mut(|(name, value)| {
            let is_literal = template::placeholders(value).next().is_none();
            if !is_literal || !name.to_ascii_lowercase().contains("secret") {
                return true;
            }
            if secret.get_or_insert_with(|| value.clone()) != value {
                notes.push(format!("`{name}` held a second secret, which was left out; the kept file has it."));
                return false;
            }
            *value = "{client_secret}".to_owned();
            true
        });
    }

    /// Moves the scopes to the definition; answers also the text they were written as.
    pub fn without_scope(mut self, definition: &mut Definition) -> (Self, String) {
        let row = self.0.iter_mut().find(|(name, _)| name == "scope");
        let Some(scope) = row.map(|(_, value)| std::mem::replace(value, "{scope}".to_owned())) else {
            return (self, String::new());
        };
        let separator = if scope.contains(',') && !scope.trim().contains(' ') { "," } else { " " };
        let scopes = scope.split(separator).map(str::trim).filter(|scope| !scope.is_empty());
        definition.scopes = scopes.map(str::to_owned).collect();
        if definition.scopes.len() > 1 {
            definition.scope_separator = ScopeSeparator(separator.to_owned());
        }
        (self, scope)
    }

    /// Writes the same scope again as `{scope}`.
    pub fn with_scope(mut self, scope: &str) -> Self {
        for (_, value) in self.0.iter_mut().filter(|(name, value)| name == "scope" && value == scope) {
            *value = "{scope}".to_owned();
        }
        self
    }

    /// What differs from the RFC's request. A request of which nothing was said is the RFC's.
    pub fn overlay(self, base: &[(&str, &str)], notes: &mut Vec<String>) -> Overlay {
        if self.0.is_empty() {
            return Overlay::default();
        }
        let listed = |wanted: &str| self.0.iter().any(|(name, _)| name == wanted);
        let carried = |placeholder: &str| self.0.iter().any(|(_, value)| value.contains(placeholder));
        let dropped = base.iter().filter(|(name, value)| {
            let renamed = value.starts_with('{') && carried(value);
            !listed(name) && (renamed || OMITTED.contains(name))
        });
        let dropped: Vec<_> = dropped.map(|(name, _)| ((*name).to_owned(), None)).collect();
        let different = self.0.iter().filter(|(name, value)| {
            let is_default = base.contains(&(name.as_str(), value.as_str()));
            !is_default && can_be_carried(name, value, notes)
        });
        let different = different.map(|(name, value)| (name.clone(), Some(value.clone())));
        Overlay(different.chain(dropped).collect())
    }
}

fn can_be_carried(name: &str, value: &str, notes: &mut Vec<String>) -> bool {
    let fixed = FRESH.contains(&name) && !value.contains(&format!("{{{name}}}"));
    if fixed {
        notes.push(format!("`{name}` had a fixed value; it is now made anew for each request."));
    }
    let implicit =
        name == "response_type" && value.split(' ').any(|word| matches!(word, "token" | "id_token" | "none"));
    if implicit {
        notes.push("The response type was not `code`; only the authorization code flow is used now.".to_owned());
    }
    !fixed && !implicit
}

/// The helper's placeholders under our names; doubled braces were its way to write one.
fn in_our_words(text: &str) -> String {
    let plain = text.replace("{{", "{").replace("}}", "}");
    plain.replace("{redirect_url}", "{redirect_uri}").replace("{access_code}", "{code}")
}
