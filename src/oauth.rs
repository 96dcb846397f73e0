//! The protocol as pure types and functions: no I/O, no clock, no randomness of its own.

pub mod issuer;
pub mod metadata;
pub mod name;
pub mod outgoing;
pub mod secret;
pub mod timestamp;
