//! One event, one line on stderr, for people or for machines.
//!
//! Rocket is not heard at all: its lines hold whole URIs, with codes and states in them.

mod line;

use crate::settings::{LogFormat, LogLevel};
use std::{
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Registry,
    filter::Targets,
    fmt::{self, MakeWriter},
    layer::{Layer, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// Starts the log, once in a process; a later call changes nothing. Also hears what crates say through `log`.
pub fn init(level: LogLevel, format: LogFormat) {
    let colours = io::stderr().is_terminal();
    if Registry::default().with(layer(level, format, colours, io::stderr)).try_init().is_ok() {
        panic::set_hook(Box::new(log_panic));
        // What crates say through `log` is heard from `warn` on (see `targets`): so less is not even put into words.
        log::set_max_level(log::max_level().min(log::LevelFilter::Warn));
    }
}

fn layer<S, W>(level: LogLevel, format: LogFormat, colours: bool, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    let events = fmt::layer()
        .event_format(line::Lines { format })
        .with_ansi(colours)
        .with_writer(writer)
        // Otherwise a closed stderr is reported on stderr, which panics.
        .log_internal_errors(false);
    events.with_filter(targets(level))
}

/// Our own events at the chosen level, those of other crates from `warn` on, Rocket's (`_` are the indented ones) never.
fn targets(level: LogLevel) -> Targets {
    let ours = level_filter(level);
    let silent = ["rocket", "_", "launch", "launch_"].map(|target| (target, LevelFilter::OFF));
    Targets::new().with_default(ours.min(LevelFilter::WARN)).with_targets(silent).with_targets([
        ("oauth_client_helper", ours),
        ("oauth_helper", ours),
        ("audit", ours),
    ])
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
