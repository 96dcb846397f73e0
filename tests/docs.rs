//! Documentation that is made from the code, and names in it that have to exist.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes docs/definition.md anew.

// These are tests; clippy.toml lets only functions marked so be blunt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use oauth_client_helper::oauth::definition::fields::{Field, Group, Kind, Labelled, fields};
use serde_json::json;

/// What stands above this line is written by hand.
const GENERATED: &str =
    "<!-- From here on made from src/oauth/definition/fields: UPDATE_DOCS=1 cargo test --test docs -->\n";

#[test]
fn the_reference_of_the_definition_is_that_of_the_code() {
    let file = root().join("docs/definition.md");
    let written = fs::read_to_string(&file).unwrap();
    let (by_hand, _) = written.split_once(GENERATED).expect("the line that begins the generated part");
    let wanted = format!("{by_hand}{GENERATED}{}", reference());
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, wanted).unwrap();
    } else {
        assert!(written == wanted, "docs/definition.md is not up to date: UPDATE_DOCS=1 cargo test --test docs");
    }
}

#[test]
fn every_file_and_test_that_a_table_of_proofs_names_is_there() {
    let tables = ["docs/specifications.md", "docs/reliability.md"];
    let text: String = tables.map(|name| fs::read_to_string(root().join(name)).unwrap()).concat();
    let code = all_code();
    let rows = text.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2));
    let mut tests = 0;
    for name in rows {
        if name.ends_with(".rs") {
            assert!(["src", "tests"].iter().any(|at| root().join(at).join(name).exists()), "there is no {name}");
        } else if name.matches('_').count() > 2 {
            tests += 1;
            assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
        }
    }
    assert!(tests > 20, "only {tests} tests are named");
}

#[test]
fn every_link_leads_somewhere() {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    for file in docs.chain(["README.md", "ARCHITECTURE.md"].map(|name| root().join(name))) {
        let name = file.display();
        let text = fs::read_to_string(&file).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let is_here = !path.contains("://") && !path.is_empty();
            assert!(!is_here || file.parent().unwrap().join(path).exists(), "{name}: {target}");
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn all_code() -> String {
    fn below(folder: PathBuf) -> String {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let kept = paths.filter(|path| !path.ends_with("node_modules") && !path.ends_with("venv"));
        kept.map(|path| if path.is_dir() { below(path) } else { fs::read_to_string(path).unwrap_or_default() })
            .collect()
    }
    below(root().join("src")) + &below(root().join("tests"))
}

fn reference() -> String {
    Group::ALL.into_iter().map(chapter).collect()
}

fn chapter(group: Group) -> String {
    let rows: String = fields().filter(|field| field.group == group).map(row).collect();
    let summary = group.summary();
    let summary = summary[..1].to_uppercase() + &summary[1..];
    format!(
        "\n## {}\n\n{summary}.\n\n| field | what for | what it is | default |\n|---|---|---|---|\n{rows}",
        group.title()
    )
}

fn row(field: &Field) -> String {
    let cells = [
        format!("`{}`", field.path),
        format!("**{}.** {}", field.label, in_markdown(field.help)),
        shape(field.kind),
        default(field),
    ];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

/// Braces and underscores are plain in Markdown; what looks like a tag is not.
fn in_markdown(text: &str) -> String {
    text.replace('<', "&lt;").replace('*', "\\*")
}

fn shape(kind: Kind) -> String {
    let plain = match kind {
        Kind::Choice(options) => return format!("one of {}", choices(options)),
        Kind::Suggest(options) => return format!("{}, or another text", choices(options)),
        Kind::ListChoice(options) => {
            return options.iter().map(|(words, _)| list(words)).collect::<Vec<_>>().join(" or ");
        }
        Kind::Number { unit } => return format!("a number of {unit}"),
        Kind::Text => "a text",
        Kind::Url => "a URL",
        Kind::Secret | Kind::SecretLines => "a text, `{\"env\": …}`, `{\"file\": …}` or `{\"sealed\": …}`",
        Kind::Flag => "`true` or `false`",
        Kind::Scalar => "a text, a number, `true` or `false`",
        Kind::Words => "a list of texts",
        Kind::Overlay => "an object: name to text, or to `null` (left out)",
        Kind::Map => "an object: name to text",
        Kind::Paths => "an object: name to a path, or to a list of paths",
        Kind::Captures => "a list of `{\"name\": …, \"pattern\": …}`",
        Kind::Note => "a text of several lines",
    };
    plain.to_owned()
}

fn choices(options: &[Labelled]) -> String {
    let written = options.iter().filter(|(value, _)| !value.is_empty());
    written.map(|(value, label)| format!("`{}` ({label})", json!(value))).collect::<Vec<_>>().join(", ")
}

fn list(words: &str) -> String {
    format!("`{}`", json!(words.split(' ').collect::<Vec<_>>()))
}

fn default(field: &Field) -> String {
    match field.kind {
        _ if field.default.is_empty() => String::new(),
        Kind::Flag | Kind::Number { .. } => format!("`{}`", field.default),
        Kind::ListChoice(_) => list(field.default),
        _ => format!("`{}`", json!(field.default)),
    }
}

#[test]
fn every_code_of_an_error_is_in_the_documentation_of_the_api() {
    let documented = fs::read_to_string(root().join("docs/http-api.md")).unwrap();
    let mut codes = 0;
    for name in ["src/web/errors.rs", "src/web/problem.rs"] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        for line in text.lines().filter(|line| line.contains("Status::") || line.contains(" => \"")) {
            let words = line.split('"').skip(1).step_by(2);
            let is_code = |word: &&str| word.len() > 3 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            for code in words.filter(is_code) {
                codes += 1;
                assert!(documented.contains(&format!("`{code}`")), "docs/http-api.md does not tell of {code}");
            }
        }
    }
    assert!(codes > 20, "only {codes} were found");
}

#[test]
fn every_verb_of_a_key_is_in_the_documentation_of_the_api() {
    let documented = fs::read_to_string(root().join("docs/http-api.md")).unwrap();
    for verb in oauth_client_helper::flows::api_keys::Verb::ALL {
        let row = format!("| `{verb}` | {}", verb.meaning());
        assert!(documented.contains(&row), "docs/http-api.md: {row}");
    }
}
