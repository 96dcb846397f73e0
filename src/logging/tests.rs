use super::*;
use std::sync::{Arc, Mutex};

/// What was written, or the errors of a closed pipe.
#[derive(Clone)]
enum Sink {
    Memory(Arc<Mutex<Vec<u8>>>),
    Closed,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Memory(written) => written.lock().unwrap().write(bytes),
            Sink::Closed => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(level: LogLevel, format: LogFormat, events: impl FnOnce()) -> Vec<String> {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Sink::Memory(Arc::clone(&written));
    let log = Log::new(level, format, false, move || sink.clone());
    tracing::subscriber::with_default(log, events);
    let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn an_event_is_one_line_whatever_is_in_it() {
    let evil = "a\r\nb\u{2028}c\x1b[2J\"=\u{85}";
    for format in [LogFormat::Text, LogFormat::Json] {
        let lines = logged(LogLevel::Info, format, || {
            tracing::info!(client = evil, debug = ?evil, display = %evil, "said {evil}");
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(!lines[0].contains(['\r', '\x1b', '\u{85}']), "{lines:?}");
    }
}

#[test]
fn text_is_time_level_message_and_fields() {
    let lines = logged(LogLevel::Info, LogFormat::Text, || {
        tracing::warn!(client = "mail", tries = 3, note = "two words", late = true, "refresh failed");
    });
    let (time, rest) = lines[0].split_once(' ').unwrap();
    assert!(crate::oauth::timestamp::Timestamp::parse_rfc3339(time).is_some() && time.ends_with('Z'), "{time}");
    assert_eq!(rest, "WARN  refresh failed client=mail tries=3 note=\"two words\" late=true");
}

#[test]
fn json_is_one_flat_object() {
    let lines = logged(LogLevel::Info, LogFormat::Json, || {
        tracing::info!(client = "mail", tries = 3, level = "forged", "refreshed");
    });
    let object: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    for (name, value) in [("level", "info".into()), ("message", "refreshed".into()), ("tries", serde_json::json!(3))] {
        assert_eq!(object[name], value);
    }
    assert_eq!(object["client"], "mail");
    assert!(object["time"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn only_our_own_crate_is_heard_below_warn_and_rocket_never() {
    let lines = logged(LogLevel::Trace, LogFormat::Text, || {
        tracing::trace!("ours");
        tracing::info!(target: "hyper::client", "canary");
        tracing::warn!(target: "rustls", "theirs");
        for level_of_rocket in ["canary-1", "canary-2"] {
            tracing::error!(target: "rocket::server", "GET /auth_callback?code={level_of_rocket}");
            tracing::error!(target: "_", "{level_of_rocket}");
            tracing::error!(target: "rocket::server::_", "{level_of_rocket}");
            tracing::error!(target: "rocket_http::listener", "{level_of_rocket}");
        }
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].ends_with("TRACE ours") && lines[1].ends_with("theirs target=rustls"), "{lines:?}");
    let at_error = logged(LogLevel::Error, LogFormat::Text, || tracing::warn!(target: "rustls", "theirs"));
    assert!(at_error.is_empty());
}

#[test]
fn a_closed_stderr_is_no_reason_to_panic() {
    let log = Log::new(LogLevel::Info, LogFormat::Json, false, || Sink::Closed);
    tracing::subscriber::with_default(log, || tracing::error!("nobody hears this"));
}
