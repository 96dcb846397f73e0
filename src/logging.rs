//! One event, one line on stderr, for people or for machines.
//!
//! Rocket is not heard at all: its lines hold whole URIs, with codes and states in them.

mod line;

use crate::settings::{LogFormat, LogLevel};
use line::Lines;
use std::{
    io::{self, IsTerminal, Write},
    panic::{self, PanicHookInfo},
};
use tracing::{
    Event, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};
use tracing_log::{AsLog, LogTracer};

/// Starts the log, once in a process; a later call changes nothing. Also hears what crates say through `log`.
pub fn init(level: LogLevel, format: LogFormat) {
    let log = Log::new(level, format, io::stderr().is_terminal(), io::stderr);
    let of_others = log.heard("").as_log();
    if tracing::subscriber::set_global_default(log).is_ok() {
        panic::set_hook(Box::new(log_panic));
        // What is not heard is not even put into words.
        let _ = LogTracer::builder().with_max_level(of_others).init();
    }
}

/// What hears events and writes them down. There are no spans in this program, so none are kept.
struct Log<F> {
    level: LevelFilter,
    lines: Lines,
    /// Opens what each line is written to.
    writer: F,
}

impl<F> Log<F> {
    fn new(level: LogLevel, format: LogFormat, colours: bool, writer: F) -> Self {
        Self { level: level_filter(level), lines: Lines { format, colours }, writer }
    }

    /// Our own events at the chosen level, those of other crates from `warn` on, Rocket's (`_` are the indented ones)
    /// never.
    fn heard(&self, target: &str) -> LevelFilter {
        let is = |beginnings: &[&str]| beginnings.iter().any(|beginning| target.starts_with(beginning));
        match target {
            _ if is(&["rocket", "_", "launch"]) => LevelFilter::OFF,
            _ if is(&["oauth_client_helper", "oauth_helper", "audit"]) => self.level,
            _ => self.level.min(LevelFilter::WARN),
        }
    }
}

impl<F: Fn() -> W + 'static, W: Write> Subscriber for Log<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.heard(metadata.target())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        if let Some(line) = self.lines.of(event) {
            // With a closed stderr nobody is left to tell.
            let _ = (self.writer)().write_all(line.as_bytes());
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn level_filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// A message put together at run time may hold a secret; one that is written in the code cannot.
fn log_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let reason = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
    tracing::error!(location, reason, "a part of the program panicked");
}

#[cfg(test)]
mod tests;
