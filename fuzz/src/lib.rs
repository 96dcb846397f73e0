//! What the fuzz targets run: the program's own readers, compiled into this crate. Taken by path and not as a dependency,
//! since they need neither a web server nor a database, which would cost minutes to build once more.

#![allow(dead_code)]

#[path = "../../src"]
mod program {
    pub mod oauth;
    pub mod registry {
        // Of the program's own files this knows nothing: they are the matter of `definition` and `token_cache`.
        #[path = "../../fuzz/src/document.rs"]
        pub mod document;
        pub mod import;
        pub mod json;
    }
}

pub mod targets;

pub use program::{oauth, registry};
