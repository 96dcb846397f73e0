//! Who may import whom, what may be used where, and what must not be there at all. ARCHITECTURE.md says why.

// These are tests; clippy.toml lets only functions marked so be blunt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each room and the rooms it imports, exactly. A room stands below all that it imports.
const ROOMS: &[(&str, &[&str])] = &[
    ("oauth", &[]),
    ("metrics", &[]),
    ("files", &[]),
    ("hook", &[]),
    ("data_folder", &["files"]),
    ("certificates", &["data_folder", "files"]),
    ("presets", &["oauth"]),
    ("store", &["files", "metrics", "oauth"]),
    ("settings", &["oauth", "store"]),
    ("logging", &["settings"]),
    ("authorization_server", &["oauth"]),
    ("remote", &["authorization_server", "oauth"]),
    ("registry", &["files", "oauth", "store"]),
    ("app", &["authorization_server", "data_folder", "metrics", "oauth", "presets", "registry", "settings", "store"]),
    ("flows", &["app", "authorization_server", "data_folder", "files", "hook", "oauth", "registry", "remote", "store"]),
    ("library", &["app", "authorization_server", "flows", "oauth", "registry", "remote", "settings", "store"]),
    (
        "web",
        &[
            "app",
            "authorization_server",
            "certificates",
            "data_folder",
            "flows",
            "metrics",
            "oauth",
            "presets",
            "registry",
            "settings",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "certificates",
            "data_folder",
            "files",
            "flows",
            "logging",
            "oauth",
            "presets",
            "registry",
            "remote",
            "settings",
            "store",
            "web",
        ],
    ),
    ("main", &[]),
];

/// One file's import that the table forbids and that is to go. A mended one has to leave this list too.
const TO_BE_MENDED: &[(&str, &str)] = &[];

/// An import of a room that only this file of another room may have.
const ONLY_FROM: &[(&str, &str, &str)] = &[("cli", "web", "cli/serve.rs")];

/// A word of the code, and the rooms that may use it.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("reqwest::", &["authorization_server"]),
    ("redis::", &["store"]),
    ("rusqlite::", &["store"]),
    ("rcgen::", &["certificates"]),
    ("tera::", &["web"]),
    ("prometheus::", &["metrics"]),
    // What is described stands beside its type; the description itself is made in `web`.
    ("utoipa::openapi", &["web"]),
    ("clap::", &["cli", "settings"]),
    // `settings` makes Rocket's configuration, `cli/serve` starts it.
    ("rocket::", &["cli", "settings", "web"]),
    // Our own server, whether it listens.
    ("TcpStream", &["cli"]),
    // Whether the port is free, before a link to it is printed.
    ("TcpListener", &["cli"]),
    ("UdpSocket", &[]),
    // A secret may be in a variable that its definition names; a terminal has its editor and its screen.
    ("env::var", &["cli", "registry", "settings"]),
    // The operator's command for events.
    ("Command::new", &["cli", "hook"]),
];

/// What would let the protocol do I/O of its own. (`Timestamp::now` is there for the rooms above.)
const NEVER_IN_OAUTH: &[&str] =
    &["fs::", "net::", "env::", "process::", "tokio::", "tracing::", "getrandom::", "SystemTime"];

struct Source {
    /// Below `src`, such as `web/home.rs`.
    path: String,
    /// Without comments and without unit tests.
    code: String,
}

impl Source {
    fn room(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The rooms this file names behind `crate::`, its own left out.
    fn imports(&self) -> BTreeSet<String> {
        let paths = self.code.split("crate::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
            Some(list) => first_words_of_list(list),
            None => vec![first_word(rest)],
        });
        paths.filter(|room| room != self.room()).collect()
    }

    fn uses(&self, word: &str) -> bool {
        let ends_a_name = |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        self.code.match_indices(word).any(|(at, _)| !ends_a_name(&self.code[..at]))
    }
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// `a::{b, c}, d::e}; …` → `a`, `d`.
fn first_words_of_list(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut items = vec![String::new()];
    for sign in list.chars() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ => items.last_mut().unwrap().push(sign),
        }
    }
    items.iter().map(|item| first_word(item)).filter(|word| !word.is_empty()).collect()
}

fn sources() -> Vec<Source> {
    let root = folder("src");
    let mut sources = Vec::new();
    for file in files_below(&root) {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let is_test = path.ends_with("tests.rs") || path.contains("tests/");
        if path.ends_with(".rs") && path != "lib.rs" && !is_test {
            let text = fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let code = text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
            sources.push(Source { path, code });
        }
    }
    assert!(sources.len() > 50, "the sources were not found");
    sources
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn is_tolerated(path: &str, room: &str) -> bool {
    TO_BE_MENDED.contains(&(path, room))
}

#[test]
fn every_room_imports_what_the_table_says_and_nothing_else() {
    let sources = sources();
    for source in &sources {
        let (_, allowed) = ROOMS
            .iter()
            .find(|(room, _)| *room == source.room())
            .unwrap_or_else(|| panic!("src/{}: give the room `{}` a line in the table", source.path, source.room()));
        for room in source.imports() {
            let is_allowed = allowed.contains(&room.as_str()) || is_tolerated(&source.path, &room);
            assert!(is_allowed, "src/{} may not import `{room}`", source.path);
        }
    }
    for (name, allowed) in ROOMS {
        let imports: BTreeSet<_> = sources.iter().filter(|s| s.room() == *name).flat_map(Source::imports).collect();
        for room in *allowed {
            assert!(imports.contains(*room), "`{name}` imports `{room}` no more: take it out of the table");
        }
    }
}

#[test]
fn the_rooms_are_layers() {
    for (at, (name, allowed)) in ROOMS.iter().enumerate() {
        for room in *allowed {
            assert!(
                ROOMS[..at].iter().any(|(above, _)| above == room),
                "`{name}` imports `{room}`, which is not above it"
            );
        }
    }
}

#[test]
fn what_is_to_be_mended_is_still_there() {
    let sources = sources();
    for (path, room) in TO_BE_MENDED {
        let is_there = sources.iter().any(|source| source.path == *path && source.imports().contains(*room));
        assert!(is_there, "src/{path} imports `{room}` no more: take it off the list");
    }
}

#[test]
fn only_serve_starts_the_web_app() {
    for source in sources() {
        for (from, room, only) in ONLY_FROM {
            let imports = source.room() == *from && source.imports().contains(*room);
            assert!(!imports || source.path == *only, "src/{} imports `{room}`; only src/{only} may", source.path);
        }
    }
}

#[test]
fn every_way_to_the_outside_has_its_room() {
    for source in sources() {
        for (word, rooms) in ONLY_IN {
            assert!(!source.uses(word) || rooms.contains(&source.room()), "src/{} may not use {word}", source.path);
        }
    }
}

#[test]
fn the_protocol_does_no_input_or_output() {
    for source in sources().iter().filter(|source| source.room() == "oauth") {
        for word in NEVER_IN_OAUTH {
            assert!(!source.uses(word), "src/{} uses {word}", source.path);
        }
    }
}

#[test]
fn no_code_can_be_unsafe_and_no_secret_can_be_shown() {
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for source in sources() {
        for shown in ["Display for Secret {", "Serialize for Secret {"] {
            assert!(!source.code.contains(shown), "src/{}: {shown}", source.path);
        }
    }
}

#[test]
fn no_template_holds_a_script_or_a_style() {
    let templates = files_below(&folder("templates"));
    assert!(templates.len() > 10);
    for file in templates {
        assert!(file.extension().is_some_and(|end| end == "html"), "{}: it would not be escaped", file.display());
        let text = fs::read_to_string(&file).unwrap().to_lowercase();
        for tag in text.split('<').skip(1) {
            let scripted = tag.starts_with("script") && !tag.contains(" src=");
            let styled = tag.starts_with("style") || tag.contains(" style=") || tag.contains("javascript:");
            let handled = tag.split([' ', '\n']).any(|word| word.starts_with("on") && word.contains("=\""));
            assert!(!scripted && !styled && !handled, "{}: <{tag}", file.display());
        }
    }
}

/// What a program that only wants tokens has no use for.
const ONLY_IN_THE_PROGRAM: &[&str] = &["rocket", "tera", "clap", "utoipa", "rcgen", "tracing-log"];

#[test]
fn whoever_embeds_the_library_compiles_neither_web_app_nor_command_line() {
    let tree = |features: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(folder("")).args(["tree", "-e", "normal", "--prefix", "none", "--locked", "--offline"]);
        let ran = cargo.args(features).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let names = String::from_utf8(ran.stdout).unwrap();
        names.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let (all, embedded) = (tree(&[]), tree(&["--no-default-features"]));
    for name in ONLY_IN_THE_PROGRAM {
        assert!(all.contains(*name) && !embedded.contains(*name), "{name}");
    }
    assert!(embedded.contains("rusqlite") && embedded.contains("redis"), "{embedded:?}");
}

#[test]
fn what_is_read_first_is_short() {
    for name in ["README.md", "ARCHITECTURE.md"] {
        let lines = fs::read_to_string(folder(name)).unwrap().lines().count();
        assert!(lines <= 150, "{name} has {lines} lines");
    }
}
