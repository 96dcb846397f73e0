//! How a verb of the program ended, and what it said.

use std::ops::Deref;
use std::process::Output;

use serde_json::Value;

/// An ended process.
#[derive(Debug)]
pub struct Ran(pub Output);

impl Ran {
    /// The exit code; a signal counts as a failed test.
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap_or_else(|| panic!("a signal ended it: {self:?}"))
    }

    /// What a script reads, without the line end.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).trim_end_matches('\n').to_owned()
    }

    /// What a person reads.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// The same, once it is sure that all went well.
    pub fn done(self) -> Self {
        assert_eq!(self.code(), 0, "{self:?}");
        self
    }

    /// What a script reads, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }
}

impl Deref for Ran {
    type Target = Output;

    fn deref(&self) -> &Output {
        &self.0
    }
}
