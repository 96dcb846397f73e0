//! What only a real browser knows: the content security policy, the layout, the keyboard.

// These are tests; clippy.toml lets only functions marked so be blunt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/lib.rs"]
mod support;

mod story;
mod the_browser_is_real;
