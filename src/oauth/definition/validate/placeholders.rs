//! Where a definition may use which placeholder, and what it may not fix.

use super::{Check, is_token};
use crate::oauth::definition::Overlay;
use crate::oauth::grant_reference::GrantReference;
use crate::oauth::template::{self, TemplateError, Values};
use std::collections::BTreeMap;
use url::form_urlencoded;

/// What every request knows.
const CLIENT: &[&str] = &["client_id", "redirect_uri", "scope", "issuer", "random", "now", "now_ms"];

/// Parameters that carry the flow's own protection: they may be renamed or dropped, never fixed (RFC 9700 §2.1).
const RESERVED: &[(&str, &str)] = &[
    ("state", "{state}"),
    ("code_challenge", "{code_challenge}"),
    ("code_challenge_method", "{code_challenge_method}"),
    ("redirect_uri", "{redirect_uri}"),
    ("code", "{code}"),
    ("code_verifier", "{code_verifier}"),
    ("refresh_token", "{refresh_token}"),
    ("device_code", "{device_code}"),
];

/// What becomes of placeholders in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Braces {
    FilledIn,
    Plain,
}

/// The placeholder that a reserved parameter would need in place of this value.
fn fixes(name: &str, value: &str) -> Option<&'static str> {
    let (_, placeholder) = RESERVED.iter().find(|(reserved, _)| *reserved == name)?;
    (!value.contains(placeholder)).then_some(*placeholder)
}

impl Check<'_> {
    /// A URL template: known placeholders only, and a web URL once they are filled in.
    pub(super) fn url(&mut self, path: &str, text: Option<&String>, known: &[&str], later: bool) {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return };
        if !self.template(path, text, known, later) {
            return;
        }
        self.own_query(path, text, Braces::FilledIn);
        let values = self.sample(text);
        match template::render_url(text, &values) {
            Err(TemplateError::UnsafeInUrl(name)) if self.definition.vars.contains_key(&name) => {
                self.fail(format!("vars.{name}"), format!("this value holds a character that may not stand in {path}"));
            }
            Err(error) => self.fail(path, error.to_string()),
            Ok(_) => {}
        }
    }

    /// What stands in a URL's query is sent as well, so nothing that protects the flow may be fixed there either.
    pub(super) fn own_query(&mut self, path: &str, text: &str, braces: Braces) {
        let query = text.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or_default());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = if braces == Braces::FilledIn { &value } else { "" };
            if fixes(&name, value).is_some() {
                let said = "is set for each request anew and cannot be fixed; take it out of the URL";
                self.fail(path, format!("`{name}` {said}"));
            }
        }
    }

    fn sample(&self, text: &str) -> Values {
        template::placeholders(text).enumerate().fold(Values::default(), |values, (index, name)| {
            let opens_the_url = index == 0 && text.starts_with('{');
            let stand_in = if opens_the_url { "https://sample.example" } else { "sample" };
            let value = self.definition.vars.get(name).map_or(stand_in, String::as_str);
            values.with(name, value)
        })
    }

    pub(super) fn overlay(&mut self, path: &str, overlay: &Overlay, known: &[&str], later: bool) {
        for (name, value) in &overlay.0 {
            let path = format!("{path}.{name}");
            if name.is_empty() {
                self.fail(path, "write the parameter's name");
                continue;
            }
            let Some(value) = value else { continue };
            self.template(&path, value, known, later);
            if let Some(placeholder) = fixes(name, value) {
                self.fail(path, format!("`{name}` is set for each request anew and cannot be fixed; write {placeholder}, or null to drop it"));
            }
        }
    }

    /// Tokens of other grants are fetched for a client that asks without a person; nothing else knows them.
    pub(super) fn references(&mut self, path: &str, overlay: &Overlay) {
        if !self.definition.needs_resource_owner() {
            return;
        }
        for (name, value) in &overlay.0 {
            let refers = |name: &str| GrantReference::parse(name).is_some();
            if template::placeholders(value.as_deref().unwrap_or_default()).any(refers) {
                self.fail(
                    format!("{path}.{name}"),
                    "another client's token can be used only by a grant that needs no person, such as token exchange",
                );
            }
        }
    }

    pub(super) fn headers(&mut self, path: &str, headers: &BTreeMap<String, String>, known: &[&str]) {
        for (name, value) in headers {
            let path = format!("{path}.{name}");
            let framing = ["host", "content-length", "transfer-encoding", "connection"];
            if !is_token(name) || framing.contains(&name.to_ascii_lowercase().as_str()) {
                self.fail(path, "this is not the name of a header that can be set");
            } else if value.chars().any(char::is_control) {
                self.fail(path, "a header's value is one line without control characters");
            } else {
                self.template(&path, value, known, true);
            }
        }
    }

    /// Whether every placeholder is known in its place. `later`: values kept from the callback or the token response
    /// exist by then.
    pub(super) fn template(&mut self, path: &str, text: &str, known: &[&str], later: bool) -> bool {
        let unknown = template::placeholders(text).find(|name| {
            let kept = later && (name.starts_with("callback.") || name.starts_with("token."));
            let referred = path.starts_with("token.params.") && GrantReference::parse(name).is_some();
            !(kept
                || referred
                || known.contains(name)
                || CLIENT.contains(name)
                || self.definition.vars.contains_key(*name))
        });
        if let Some(name) = unknown {
            self.fail(path, format!("`{{{name}}}` is not known here; add `{name}` to the variables or correct it"));
        }
        unknown.is_none()
    }
}
