//! What is logged, and how.

use super::{Log, LogFormat, LogLevel, reader::Reader};

impl Reader<'_> {
    pub(super) fn log(&mut self) -> Log {
        let level = self.parsed("log.level", "error, warn, info, debug or trace", LogLevel::parse);
        let format = self.parsed("log.format", "text or json", LogFormat::parse);
        Log { level: level.unwrap_or(LogLevel::Info), format: format.unwrap_or(LogFormat::Text) }
    }
}

impl LogLevel {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "error" => Self::Error,
            "warn" => Self::Warn,
            "info" => Self::Info,
            "debug" => Self::Debug,
            "trace" => Self::Trace,
            _ => return None,
        })
    }
}

impl LogFormat {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}
