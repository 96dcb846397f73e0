//! How an event becomes a line.

use crate::settings::LogFormat;
use serde_json::{Map, Value};
use std::{borrow::Cow, error::Error, fmt, fmt::Write};
use time::OffsetDateTime;
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

/// Bytes that most lines have room in.
const USUAL: usize = 256;

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
    fn plain(&mut self, name: &'static str, value: impl fmt::Display + Into<Value>);
}

/// ` name=value` for each.
struct Words(String);

impl Default for Words {
    fn default() -> Self {
        Self(String::with_capacity(USUAL))
    }
}

impl Words {
    fn name(&mut self, name: &'static str) {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push('=');
    }
}

impl Fields for Words {
    fn text(&mut self, name: &'static str, text: &str) {
        self.name(name);
        match is_word(text) {
            true => self.0.push_str(text),
            false => push(&mut self.0, OneLine(&Value::from(text).to_string())),
        }
    }

    fn plain(&mut self, name: &'static str, value: impl fmt::Display + Into<Value>) {
        self.name(name);
        push(&mut self.0, value);
    }
}

impl Fields for Map<String, Value> {
    fn text(&mut self, name: &'static str, text: &str) {
        self.plain(name, text);
    }

    fn plain(&mut self, name: &'static str, value: impl fmt::Display + Into<Value>) {
        self.insert(name.to_owned(), value.into());
    }
}

impl Lines {
    /// With its line break. `None`: it is not to be heard.
    pub fn of(&self, event: &Event<'_>) -> Option<String> {
        let (level, now) = (*event.metadata().level(), OffsetDateTime::now_utc());
        match self.format {
            LogFormat::Text => Some(Line::of(event)?.in_text(level, now, self.colours)),
            LogFormat::Json => Some(Line::of(event)?.in_json(level, now)),
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

    fn plain(&mut self, name: &'static str, value: impl fmt::Display + Into<Value>) {
        if !name.starts_with("log.") {
            self.fields.plain(name, value);
        }
    }
}

impl Line<Words> {
    fn in_text(mut self, level: Level, now: OffsetDateTime, colours: bool) -> String {
        let (colour, plain) = if colours { (colour(level), "\x1b[0m") } else { ("", "") };
        if !self.target.starts_with(OURS) {
            self.fields.text("target", &self.target);
        }
        let mut line = String::with_capacity(USUAL);
        push(&mut line, Time(now));
        [" ", colour, padded(level), plain, " "].iter().for_each(|part| line.push_str(part));
        push(&mut line, OneLine(&self.message));
        line.push_str(&self.fields.0);
        line.push('\n');
        line
    }
}

impl Line<Map<String, Value>> {
    fn in_json(self, level: Level, now: OffsetDateTime) -> String {
        let mut object = Map::new();
        object.insert("time".to_owned(), Value::from(Time(now).to_string()));
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
            if is_plain(c) { line.push(c) } else { push(&mut line, format_args!("\\u{:04x}", u32::from(c))) }
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
        self.plain(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.plain(field.name(), value);
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

/// RFC 3339 with milliseconds, always as long.
struct Time(OffsetDateTime);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), (hour, minute, second, ms)) = (self.0.to_calendar_date(), self.0.to_hms_milli());
        write!(f, "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z", u8::from(month))
    }
}

/// Writing to a string cannot fail.
fn push(text: &mut String, more: impl fmt::Display) {
    let _ = write!(text, "{more}");
}

/// Unicode's line and paragraph separators, and the marks that reorder text, count as control characters here.
fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Needs no quotes.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| is_plain(c) && !c.is_whitespace() && !matches!(c, '"' | '='))
}

fn padded(level: Level) -> &'static str {
    match level {
        Level::INFO => "INFO ",
        Level::WARN => "WARN ",
        other => other.as_str(),
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[2m",
    }
}
