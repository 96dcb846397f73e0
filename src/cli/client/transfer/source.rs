//! What `client import` reads: a file, standard input, or the folder of a Bruno collection.

use crate::cli::{error::Failure, input};
use crate::registry::import::{self, Environment, Import, TextFile};
use clap::Args;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// More than any collection has: whoever names a home folder by mistake is told so.
const MOST_FILES: usize = 10_000;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth-helper client import clients.json
  oauth-helper client import shop.postman_collection.json --dry-run \\
      --environment live.postman_environment.json
  oauth-helper client import ./bruno-collection --environment live
  oauth-helper client import ~/.config/rclone/rclone.conf

Read are: what `client export` prints, a definition, the Python helper's file, Postman collections and environments, \
Bruno collections (the folder, a .bru file or an export), Insomnia exports (JSON and YAML) and rclone.conf. What \
could not be carried over is said, and stands in the notes of the client.")]
pub struct Source {
    /// A file, the folder of a Bruno collection, or - for standard input
    file: PathBuf,
    /// What fills variables such as {{client_id}}: a file, or the name of one of the environments in FILE
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<PathBuf>,
    /// Change nothing: show what would be added and changed, without secrets
    #[arg(long)]
    pub dry_run: bool,
}

impl Source {
    pub fn read(&self, redirect_url: &str) -> Result<Import, Failure> {
        let failed =
            |path: &Path, why: &dyn ToString| Failure::Usage(format!("{}: {}", path.display(), why.to_string()));
        let files = if self.file.is_dir() { folder(&self.file) } else { one(&self.file).map(|file| vec![file]) };
        let files = files.map_err(|error| failed(&self.file, &error))?;
        if files.is_empty() {
            return Err(failed(&self.file, &"there is no .bru file in this folder"));
        }
        if files.iter().all(|file| file.text.trim().is_empty()) {
            return Err(failed(&self.file, &"there is nothing in it"));
        }
        let environment = match &self.environment {
            None => Environment::Unsaid,
            Some(path) if path.is_file() => Environment::File(one(path).map_err(|error| failed(path, &error))?),
            Some(name) => Environment::Named(name.display().to_string()),
        };
        import::read(&files, &environment, redirect_url).map_err(|error| failed(&self.file, &error))
    }
}

fn one(path: &Path) -> io::Result<TextFile> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(TextFile { name, text: input::read(path)? })
}

/// The files of a Bruno collection, by their paths in it, in order.
fn folder(root: &Path) -> io::Result<Vec<TextFile>> {
    let (mut files, mut folders, mut seen) = (Vec::new(), vec![root.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            seen += 1;
            if seen > MOST_FILES {
                return Err(io::Error::other("this is too large a folder for a Bruno collection"));
            }
            let is_ours = path.extension().is_some_and(|end| end == "bru") || path.ends_with("bruno.json");
            let is_hidden = |name: &str| name.starts_with('.') || name == "node_modules";
            // A link could lead round in a circle.
            match entry.file_type()? {
                kind if kind.is_dir() && !is_hidden(&entry.file_name().to_string_lossy()) => folders.push(path),
                kind if kind.is_file() && is_ours => {
                    let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                    files.push(TextFile { name, text: input::read(&path)? });
                }
                _ => {}
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
