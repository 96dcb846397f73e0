//! Text with `{placeholders}`. Braces around anything that is not a placeholder's name are plain text, so JSON values
//! need no escaping.

use super::grant_reference::GrantReference;
use super::secret::Secret;
use std::collections::BTreeMap;
use url::Url;

/// The values placeholders stand for. Some are secret, so all are kept as such.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<String, Secret>);

impl Values {
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), Secret::new(value));
    }

    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("`{{{0}}}` has no value here; add it to the variables or correct its name")]
    Unknown(String),
    #[error("the value of `{{{0}}}` holds a character that may not stand in this place of a URL")]
    UnsafeInUrl(String),
    #[error("this is not an absolute http or https URL without user name and fragment")]
    NotAUrl,
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Placeholder(&'t str),
}

/// The names of all placeholders, in order.
pub fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    parts(template).into_iter().filter_map(|part| match part {
        Part::Placeholder(name) => Some(name),
        Part::Text(_) => None,
    })
}

/// Whether a text can be the name of a variable: a letter, then letters, digits and `_`.
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.len() <= 64
}

/// Fills in every placeholder as it is.
pub fn render(template: &str, values: &Values) -> Result<String, TemplateError> {
    parts(template).into_iter().try_fold(String::new(), |mut text, part| {
        text.push_str(match part {
            Part::Text(plain) => plain,
            Part::Placeholder(name) => values.get(name).ok_or_else(|| TemplateError::Unknown(name.to_owned()))?,
        });
        Ok(text)
    })
}

/// Fills in a URL. A value in the query is percent-encoded; before it, a value cannot leave its place (end the host,
/// add a path segment or a query), except when it opens the URL, as `{instance_url}/token` does.
pub fn render_url(template: &str, values: &Values) -> Result<Url, TemplateError> {
    let mut text = String::new();
    let mut in_the_path = None;
    for part in parts(template) {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Placeholder(name) => {
                let value = values.get(name).ok_or_else(|| TemplateError::Unknown(name.to_owned()))?;
                if text.contains('?') {
                    text.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
                } else if is_contained(value, text.is_empty()) {
                    text.push_str(value);
                    in_the_path = Some(name);
                } else {
                    return Err(TemplateError::UnsafeInUrl(name.to_owned()));
                }
            }
        }
    }
    if let Some(name) = in_the_path.filter(|_| climbs(&text)) {
        return Err(TemplateError::UnsafeInUrl(name.to_owned()));
    }
    let url = Url::parse(text.trim()).map_err(|_| TemplateError::NotAUrl)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    if plain { Ok(url) } else { Err(TemplateError::NotAUrl) }
}

/// Whether a segment of the path stands for the one above it, or for nothing, in any spelling that a URL knows.
fn climbs(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    path.split('/').any(|segment| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."))
}

fn is_contained(value: &str, opens_the_url: bool) -> bool {
    let segment = |c: char| c.is_alphanumeric() || "-._~%:+,".contains(c);
    !value.is_empty() && value.chars().all(|c| segment(c) || (opens_the_url && c == '/'))
}

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    let mut from = 0;
    while let Some(open) = rest[from..].find('{').map(|at| at + from) {
        let close = rest[open..].find('}').map(|at| at + open);
        match close.filter(|&close| is_placeholder_name(&rest[open + 1..close])) {
            Some(close) => {
                if open > 0 {
                    parts.push(Part::Text(&rest[..open]));
                }
                parts.push(Part::Placeholder(&rest[open + 1..close]));
                rest = &rest[close + 1..];
                from = 0;
            }
            None => from = open + 1,
        }
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn is_placeholder_name(name: &str) -> bool {
    GrantReference::parse(name).is_some() || is_dotted_name(name)
}

fn is_dotted_name(name: &str) -> bool {
    name.split('.').all(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values::default().with("tenant", "acme").with("callback.realm", "1 & 2").with("base", "https://a.example/x")
    }

    #[test]
    fn braces_around_other_text_are_plain() {
        let json = r#"{"userinfo":{"name":null}} {} {1} {a b} {tenant}"#;
        assert_eq!(render(json, &values()).unwrap(), json.replace("{tenant}", "acme"));
        assert_eq!(placeholders("{{tenant}}/{callback.realm}").collect::<Vec<_>>(), ["tenant", "callback.realm"]);
    }

    #[test]
    fn an_unknown_placeholder_is_named() {
        assert_eq!(render("{tennant}", &values()), Err(TemplateError::Unknown("tennant".to_owned())));
    }

    #[test]
    fn a_value_cannot_leave_its_place_in_a_url() {
        for hostile in ["evil.example/", "evil.example#", "a@evil.example", "a?b", "a\\b", "a b", ""] {
            let values = Values::default().with("tenant", hostile);
            let result = render_url("https://{tenant}.example.com/token", &values);
            assert_eq!(result, Err(TemplateError::UnsafeInUrl("tenant".to_owned())), "{hostile}");
        }
    }

    #[test]
    fn a_value_does_not_climb_in_a_path() {
        for hostile in ["..", ".", "%2E%2e", ".%2e"] {
            let values = Values::default().with("realm", hostile);
            let result = render_url("https://as.example/realms/{realm}/token", &values);
            assert_eq!(result, Err(TemplateError::UnsafeInUrl("realm".to_owned())), "{hostile}");
        }
        assert!(render_url("https://as.example/{realm}", &Values::default().with("realm", "v1..2")).is_ok());
    }

    #[test]
    fn a_value_in_a_query_is_encoded_and_a_base_may_open_the_url() {
        let url = render_url("{base}/token?realm={callback.realm}", &values()).unwrap();
        assert_eq!(url.as_str(), "https://a.example/x/token?realm=1+%26+2");
    }

    #[test]
    fn only_web_urls_are_urls() {
        for bad in
            ["javascript:alert(1)", "file:///etc/passwd", "https://u:p@a.example/", "https://a.example/#x", "a", ""]
        {
            assert_eq!(render_url(bad, &values()), Err(TemplateError::NotAUrl), "{bad}");
        }
    }
}
