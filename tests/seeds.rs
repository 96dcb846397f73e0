//! The fuzz targets (`scripts/fuzz`) on their seeds, among them everything that a fuzzer ever found: so the targets keep
//! compiling, and what was mended stays so.

// These are tests; clippy.toml lets only functions marked so be blunt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use oauth_client_helper::{oauth, registry};

#[path = "../fuzz/src/targets.rs"]
mod targets;

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fuzz", name].iter().collect()
}

fn names(place: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(place)).expect("a folder");
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_target_is_a_program_and_has_seeds() {
    let all: BTreeSet<String> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("seeds"), all);
    assert_eq!(names("fuzz_targets"), all);
}

#[test]
fn every_seed_and_every_beginning_of_one_is_read_without_harm() {
    for (name, target) in targets::ALL {
        let seeds = fs::read_dir(folder("seeds").join(name)).expect("a folder of seeds");
        let mut read = 0;
        for seed in seeds {
            let bytes = fs::read(seed.unwrap().path()).unwrap();
            (0..=bytes.len()).for_each(|end| target(&bytes[..end]));
            read += 1;
        }
        assert!(read > 0, "{name} has no seed");
    }
}
