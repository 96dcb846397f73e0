//! What the program does, one module for each thing.

pub mod discover;
