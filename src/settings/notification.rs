//! Who is told of events besides the log: a webhook, a command.

use super::{Problem, names, reader::Reader};
use crate::oauth::event::EventKind;
use crate::oauth::secret::Secret;
use crate::oauth::webhook::WebhookKey;
use figment::value::Value;
use url::Url;

/// A receiver of signed requests.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// http or https. It may hold a secret.
    pub url: Secret,
    /// One or more, the newest first; never none.
    pub keys: Vec<WebhookKey>,
    pub events: Vec<EventKind>,
}

/// A program of the operator's.
#[derive(Debug, Clone)]
pub struct Command {
    /// An absolute path, and its arguments.
    pub argv: Vec<String>,
    /// What it sees of the environment: places and languages, no secret.
    pub surroundings: Vec<(String, String)>,
    pub events: Vec<EventKind>,
}

/// Handed on to a command. All else may hold a secret: a definition can name any variable.
const HANDED_ON: [&str; 10] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TZ",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
];

impl Webhook {
    /// All of the URL that may be shown.
    pub fn host(&self) -> String {
        let url = Url::parse(self.url.expose()).ok();
        url.map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }
}

impl Command {
    pub fn program(&self) -> String {
        self.argv.first().cloned().unwrap_or_default()
    }

    /// What a server checks before it starts.
    #[cfg(feature = "program")]
    pub(super) fn check(&self, name: &str) -> Option<Problem> {
        let program = self.program();
        let wrong = |what: String| Some(Problem::new(name, what));
        match std::fs::metadata(&program) {
            Err(error) => wrong(format!("cannot find {program}: {error}")),
            Ok(found) if !found.is_file() => wrong(format!("{program} is not a program")),
            #[cfg(unix)]
            Ok(found) if std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o111 == 0 => {
                wrong(format!("{program} may not be run; chmod +x {program}"))
            }
            Ok(_) => None,
        }
    }
}

impl Reader<'_> {
    pub(super) fn webhook(&mut self) -> Option<Webhook> {
        let events = self.events("webhook.events");
        let is_set = self.is_set("webhook.url") || self.is_set("webhook.url_file");
        if !is_set {
            for key in ["webhook.secret", "webhook.secret_file", "webhook.events"] {
                self.complain_alone(key, "webhook.url");
            }
            return None;
        }
        let url = self.webhook_url()?;
        Some(Webhook { url, keys: self.webhook_keys()?, events })
    }

    fn webhook_url(&mut self) -> Option<Secret> {
        let url = Secret::new(self.secret("webhook.url")?.expose().trim());
        let is_fine = |url: &Url| {
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
        };
        if Url::parse(url.expose()).ok().filter(is_fine).is_none() {
            let name = self.secret_name("webhook.url");
            self.problems.push(Problem::expected(name, "an http or https URL without user name and password"));
            return None;
        }
        Some(url)
    }

    fn webhook_keys(&mut self) -> Option<Vec<WebhookKey>> {
        if !self.is_set("webhook.secret") && !self.is_set("webhook.secret_file") {
            let url = self.secret_name("webhook.url");
            let message = format!("is missing; {url} needs it, so that the receiver can tell who sends: {MAKE_KEY}");
            self.complain("webhook.secret", message);
            return None;
        }
        let text = self.secret("webhook.secret")?;
        let keys: Option<Vec<_>> = text.expose().split(',').map(WebhookKey::parse).collect();
        if keys.is_none() {
            let name = self.secret_name("webhook.secret");
            let expected =
                format!("whsec_ and 24 to 64 bytes in base64; {MAKE_KEY} (several have commas between them)");
            self.problems.push(Problem::expected(name, &expected));
        }
        keys
    }

    pub(super) fn command(&mut self) -> Option<Command> {
        let events = self.events("command.events");
        if !self.is_set("command.argv") {
            self.complain_alone("command.events", "command.argv");
            return None;
        }
        let argv = self.argv("command.argv");
        let is_fine = argv.as_ref().is_some_and(|argv| argv.first().is_some_and(|program| program.starts_with('/')));
        if !is_fine {
            let expected = "the path of a program, from / on, or an array of it and its arguments, such as \
                            [\"/usr/local/bin/tell-me\", \"--urgent\"]; there is no shell";
            self.complain("command.argv", format!("expected {expected}"));
        }
        let variable = |name: &str| Some((name.to_owned(), self.surroundings.variable(name)?.to_owned()));
        let surroundings = HANDED_ON.into_iter().filter_map(variable).collect();
        Some(Command { argv: argv.filter(|_| is_fine)?, surroundings, events })
    }

    /// An array, which in a variable is written as JSON, or a single text.
    fn argv(&mut self, key: &str) -> Option<Vec<String>> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let value = self.value(key)?;
        match (value.as_array(), value.as_str()) {
            (Some(values), _) => values.iter().map(text).collect(),
            (None, Some(array)) if array.trim_start().starts_with('[') => serde_json::from_str(array).ok(),
            (None, Some(program)) => Some(vec![program.to_owned()]),
            (None, None) => None,
        }
    }

    fn events(&mut self, key: &str) -> Vec<EventKind> {
        if !self.is_set(key) {
            return EventKind::ALL.into_iter().filter(|kind| kind.is_notified_by_default()).collect();
        }
        let mut events = Vec::new();
        let words = self.words(key);
        for word in &words {
            match EventKind::named(word) {
                _ if word == "all" => events.extend(EventKind::ALL),
                Some(kind) => events.push(kind),
                None => {
                    let names = EventKind::ALL.map(EventKind::as_str).join(", ");
                    self.complain(key, format!("expected some of {names}, or all"));
                    break;
                }
            }
        }
        if words.is_empty() {
            self.complain(key, "is empty; name some events, or leave it out");
        }
        events.sort_unstable();
        events.dedup();
        events
    }

    /// Something that is of use only together with another setting.
    fn complain_alone(&mut self, key: &str, needed: &str) {
        if self.is_set(key) {
            let needed = names::variable(needed);
            self.complain(key, format!("is of no use without {needed}; set that too, or leave this out"));
        }
    }
}

const MAKE_KEY: &str = "echo whsec_$(openssl rand -base64 32) makes one";
