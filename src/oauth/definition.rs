//! The client definition.

pub mod fields;
