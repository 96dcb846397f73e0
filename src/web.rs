//! What a browser sees.

pub mod client_form;
pub mod pages;
