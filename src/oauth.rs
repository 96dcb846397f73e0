//! The protocol as pure types and functions: no I/O, no clock, no randomness of its own.

pub mod definition;
pub mod name;
pub mod secret;
pub mod timestamp;
