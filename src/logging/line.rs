//! How an event becomes a line.

use crate::settings::LogFormat;
use serde_json::{Map, Value};
use std::{borrow::Cow, error::Error, fmt, fmt::Write};
use time::format_description::BorrowedFormatItem;
use time::{OffsetDateTime, macros::format_description};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// RFC 3339 with milliseconds, always as long.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The crate whose events need no target.
const OURS: &str = "oauth_client_helper";

pub(super) struct Lines {
    pub format: LogFormat,
}

/// An event, its fields in the order in which they were written.
struct Line {
    level: Level,
    target: Cow<'static, str>,
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (level, target) = (*event.metadata().level(), Cow::Borrowed(event.metadata().target()));
        let mut line = Line { level, target, message: String::new(), fields: Vec::new() };
        event.record(&mut line);
        // Only Rocket's macros speak through `log` in our name, and what they say may quote a request.
        if event.metadata().target() == "log" && line.target.starts_with(OURS) {
            return Ok(());
        }
        let now = OffsetDateTime::now_utc();
        let time = now.format(TIME).unwrap_or_default();
        match self.format {
            LogFormat::Text => line.write_text(&time, writer),
            LogFormat::Json => line.write_json(&time, writer),
        }
    }
}

impl Line {
    fn write_text(mut self, time: &str, mut writer: Writer<'_>) -> fmt::Result {
        let (colour, plain) = if writer.has_ansi_escapes() { (colour(self.level), "\x1b[0m") } else { ("", "") };
        write!(writer, "{time} {colour}{:5}{plain} {}", self.level.as_str(), OneLine(&self.message))?;
        if !self.target.starts_with(OURS) {
            self.fields.push(("target", Value::from(self.target.as_ref())));
        }
        for (name, value) in &self.fields {
            match value {
                Value::String(text) if is_word(text) => write!(writer, " {name}={text}")?,
                value => write!(writer, " {name}={}", OneLine(&value.to_string()))?,
            }
        }
        writeln!(writer)
    }

    fn write_json(self, time: &str, mut writer: Writer<'_>) -> fmt::Result {
        let mut object = Map::new();
        object.insert("time".to_owned(), Value::from(time));
        object.insert("level".to_owned(), Value::from(self.level.as_str().to_ascii_lowercase()));
        object.insert("target".to_owned(), Value::from(self.target.as_ref()));
        object.insert("message".to_owned(), Value::from(self.message));
        // An event's own field never takes the place of these four.
        for (name, value) in self.fields {
            object.entry(name).or_insert(value);
        }
        // What JSON lets stand (U+0085, U+2028) still breaks lines for some readers.
        let text = Value::Object(object).to_string();
        text.chars().try_for_each(|c| {
            if is_plain(c) { writer.write_char(c) } else { write!(writer, "\\u{:04x}", u32::from(c)) }
        })?;
        writeln!(writer)
    }

    fn add(&mut self, name: &'static str, value: Value) {
        match (name, value) {
            ("message", Value::String(text)) => self.message = text,
            // What crates say through `log` brings its origin along as fields.
            ("log.target", Value::String(text)) => self.target = text.into(),
            (name, _) if name.starts_with("log.") => {}
            (name, value) => self.fields.push((name, value)),
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), Value::from(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), Value::from(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field.name(), Value::from(value.to_string()));
    }
}

/// Text in which nothing can start a new line or move a terminal.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
