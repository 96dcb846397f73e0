//! How an event becomes a line.

use crate::settings::LogFormat;
use serde_json::{Map, Value};
use std::{borrow::Cow, error::Error, fmt, fmt::Write};
use time::format_description::BorrowedFormatItem;
use time::{OffsetDateTime, macros::format_description};
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

/// RFC 3339 with milliseconds, always as long.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The crate whose events need no target.
const OURS: &str = "oauth_client_helper";

pub(super) struct Lines {
    pub format: LogFormat,
    pub colours: bool,
}

/// What is known of an event before its fields are.
struct Line<F> {
    target: Cow<'static, str>,
    message: String,
    /// In the order in which they were written.
    fields: F,
}

/// Where the fields of a line go.
trait Fields: Default {
    fn text(&mut self, name: &'static str, text: &str);
    /// A number, or true or false.
    fn plain(&mut self, name: &'static str, value: Value);
}

/// ` name=value` for each.
#[derive(Default)]
struct Words(String);

impl Fields for Words {
    fn text(&mut self, name: &'static str, text: &str) {
        // Writing to a string cannot fail.
        let _ = match is_word(text) {
            true => write!(self.0, " {name}={text}"),
            false => write!(self.0, " {name}={}", OneLine(&Value::from(text).to_string())),
        };
    }

    fn plain(&mut self, name: &'static str, value: Value) {
        let _ = write!(self.0, " {name}={value}");
    }
}

impl Fields for Map<String, Value> {
    fn text(&mut self, name: &'static str, text: &str) {
        self.plain(name, Value::from(text));
    }

    fn plain(&mut self, name: &'static str, value: Value) {
        self.insert(name.to_owned(), value);
    }
}

impl Lines {
    /// With its line break. `None`: it is not to be heard.
    pub fn of(&self, event: &Event<'_>) -> Option<String> {
        let (level, now) = (*event.metadata().level(), OffsetDateTime::now_utc());
        let time = now.format(TIME).unwrap_or_default();
        match self.format {
            LogFormat::Text => Some(Line::of(event)?.in_text(level, &time, self.colours)),
            LogFormat::Json => Some(Line::of(event)?.in_json(level, &time)),
        }
    }
}

impl<F: Fields> Line<F> {
    /// `None`: it is not to be heard. Only Rocket's macros speak through `log` in our name, and what they say may quote a
    /// request.
    fn of(event: &Event<'_>) -> Option<Self> {
        let target = event.metadata().target();
        let mut line = Self { target: Cow::Borrowed(target), message: String::new(), fields: F::default() };
        event.record(&mut line);
        (target != "log" || !line.target.starts_with(OURS)).then_some(line)
    }

    fn text(&mut self, name: &'static str, text: &str) {
        match name {
            "message" => text.clone_into(&mut self.message),
            // What crates say through `log` brings its origin along as fields.
            "log.target" => self.target = Cow::Owned(text.to_owned()),
            _ if name.starts_with("log.") => {}
            _ => self.fields.text(name, text),
        }
    }

    fn plain(&mut self, name: &'static str, value: Value) {
        if !name.starts_with("log.") {
            self.fields.plain(name, value);
        }
    }
}

impl Line<Words> {
    fn in_text(mut self, level: Level, time: &str, colours: bool) -> String {
        let (colour, plain) = if colours { (colour(level), "\x1b[0m") } else { ("", "") };
        if !self.target.starts_with(OURS) {
            self.fields.text("target", &self.target);
        }
        format!("{time} {colour}{:5}{plain} {}{}\n", level.as_str(), OneLine(&self.message), self.fields.0)
    }
}

impl Line<Map<String, Value>> {
    fn in_json(self, level: Level, time: &str) -> String {
        let mut object = Map::new();
        object.insert("time".to_owned(), Value::from(time));
        object.insert("level".to_owned(), Value::from(level.as_str().to_ascii_lowercase()));
        object.insert("target".to_owned(), Value::from(self.target.as_ref()));
        object.insert("message".to_owned(), Value::from(self.message));
        // An event's own field never takes the place of these four.
        for (name, value) in self.fields {
            object.entry(name).or_insert(value);
        }
        // What JSON lets stand (U+0085, U+2028) still breaks lines for some readers.
        let text = Value::Object(object).to_string();
        let mut line = String::with_capacity(text.len() + 1);
        for c in text.chars() {
            // Writing to a string cannot fail.
            let _ = if is_plain(c) { line.write_char(c) } else { write!(line, "\\u{:04x}", u32::from(c)) };
        }
        line + "\n"
    }
}

impl<F: Fields> Visit for Line<F> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field.name(), &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field.name(), Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field.name(), Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field.name(), Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.plain(field.name(), Value::from(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field.name(), &value.to_string());
    }
}

/// Text in which nothing can start a new line or move a terminal.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return f.write_str(self.0);
        }
        self.0.chars().try_for_each(|c| if is_plain(c) { f.write_char(c) } else { write!(f, "{}", c.escape_default()) })
    }
}

/// Unicode's line and paragraph separators, and the marks that reorder text, count as control characters here.
fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Needs no quotes.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| is_plain(c) && !c.is_whitespace() && !matches!(c, '"' | '='))
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[2m",
    }
}
