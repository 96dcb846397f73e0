//! Every field of a definition as a person meets it: its label, what it is for, and how it is typed in.
//!
//! The form is made from this table, and so are the docs: a help text exists once.

mod beyond;
mod request;
mod response;
mod server;
mod token;

/// One field of a definition.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Where it is in the JSON, dotted; also the name of its input.
    pub path: &'static str,
    pub label: &'static str,
    /// One or two sentences in plain words.
    pub help: &'static str,
    pub kind: Kind,
    pub group: Group,
    /// What a blank input means, as one would type it; empty when blank means "none".
    pub default: &'static str,
}

/// A value and its label.
pub type Labelled = (&'static str, &'static str);

/// How a field is typed in, and what it is in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A URL, perhaps with `{placeholders}`.
    Url,
    /// Never shown again.
    Secret,
    /// The same in several lines.
    SecretLines,
    Choice(&'static [Labelled]),
    /// Any text, some of which are well known.
    Suggest(&'static [Labelled]),
    /// A choice among lists; each is written as words.
    ListChoice(&'static [Labelled]),
    Flag,
    Number {
        unit: &'static str,
    },
    /// A text, a number, `true` or `false`: read as JSON where it is JSON.
    Scalar,
    /// A list, typed with spaces between its words.
    Words,
    /// Name → text, or "left out" (`null`).
    Overlay,
    /// Name → text.
    Map,
    /// Name → list of paths.
    Paths,
    /// A list of name and pattern.
    Captures,
    /// Several lines of text.
    Note,
}

/// The chapter a field belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What nearly every client needs: shown unfolded, above the others.
    Usual,
    Flow,
    Authorize,
    Callback,
    Token,
    Refresh,
    Response,
    Upgrade,
    SecondResponse,
    Signer,
    Api,
    Endpoints,
    Sharing,
}

impl Group {
    /// In the order in which a person reads them.
    pub const ALL: [Group; 13] = [
        Group::Usual,
        Group::Flow,
        Group::Authorize,
        Group::Callback,
        Group::Token,
        Group::Refresh,
        Group::Response,
        Group::Upgrade,
        Group::SecondResponse,
        Group::Signer,
        Group::Api,
        Group::Endpoints,
        Group::Sharing,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Group::Usual => "The usual",
            Group::Flow => "Grant, PKCE and variables",
            Group::Authorize => "Authorization request",
            Group::Callback => "Callback",
            Group::Token => "Token request",
            Group::Refresh => "Refresh",
            Group::Response => "Token response",
            Group::Upgrade => "Second request",
            Group::SecondResponse => "Second response",
            Group::Signer => "Signature and assertion",
            Group::Api => "Using the token",
            Group::Endpoints => "Further endpoints",
            Group::Sharing => "Sharing and notes",
        }
    }

    /// What the group is about, in half a sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Group::Usual => "who you are, and where the authorization server is",
            Group::Flow => "how a token is obtained, and values such as a tenant",
            Group::Authorize => "what the browser is sent with",
            Group::Callback => "what comes back from the browser",
            Group::Token => "how the code becomes a token",
            Group::Refresh => "how a token is kept fresh",
            Group::Response => "where the answer holds the token and its end",
            Group::Upgrade => "where the first token only buys the one that counts",
            Group::SecondResponse => "where the second answer holds the token, if elsewhere",
            Group::Signer => "what the client signs besides its authentication",
            Group::Api => "how the API itself wants the token",
            Group::Endpoints => "revocation, introspection, user info, device",
            Group::Sharing => "other readers of the token, and your notes",
        }
    }

    /// For ids and anchors.
    pub fn slug(self) -> &'static str {
        match self {
            Group::Usual => "usual",
            Group::Flow => "flow",
            Group::Authorize => "authorize",
            Group::Callback => "callback",
            Group::Token => "token",
            Group::Refresh => "refresh",
            Group::Response => "response",
            Group::Upgrade => "upgrade",
            Group::SecondResponse => "second-response",
            Group::Signer => "signer",
            Group::Api => "api",
            Group::Endpoints => "endpoints",
            Group::Sharing => "sharing",
        }
    }
}

impl Field {
    const fn new(group: Group, kind: Kind, path: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { path, label, help, kind, group, default: "" }
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// Whether what is typed is never shown again.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret | Kind::SecretLines)
    }

    /// Whether the field is a table that grows by rows.
    pub fn has_rows(&self) -> bool {
        matches!(self.kind, Kind::Overlay | Kind::Map | Kind::Paths | Kind::Captures)
    }
}

/// The key a client is kept under. It is no part of the definition, but stands above it in the form.
pub static NAME: Field = Field::new(
    Group::Usual,
    Kind::Text,
    "name",
    "Name",
    "What you will type: `oauth-helper token NAME`. Small letters, digits, dots, dashes and underscores, such as \
     google-drive.",
);

/// Every field of the definition, in reading order.
pub fn fields() -> impl Iterator<Item = &'static Field> {
    [request::FIELDS, token::FIELDS, response::FIELDS, beyond::FIELDS, server::FIELDS].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_path_is_there_once() {
        let paths: Vec<_> = fields().map(|field| field.path).collect();
        assert_eq!(paths.iter().collect::<BTreeSet<_>>().len(), paths.len());
    }

    #[test]
    fn every_help_is_a_sentence_and_every_default_can_be_chosen() {
        for field in fields() {
            assert!(field.help.ends_with('.'), "{}", field.path);
            if let Kind::Choice(options) | Kind::ListChoice(options) = field.kind {
                assert!(options.iter().any(|(value, _)| *value == field.default), "{}", field.path);
            }
        }
    }

    #[test]
    fn groups_follow_each_other_in_the_table() {
        let groups: Vec<_> = fields().map(|field| field.group).collect();
        assert!(groups.is_sorted(), "{groups:?}");
    }
}
