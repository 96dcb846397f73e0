//! Descriptions of well-known authorization servers: a definition to start from, and what a person needs to know.
//!
//! A preset is a file. Those in `presets/` are part of the binary; a folder of the user's own adds to them, and wins
//! where the id is the same. Nothing is read before the first question, so a token costs no catalogue. They stand
//! beside the registry, not in it: the registry keeps what people made, and this is knowledge that only changes with
//! the program.

mod advice;
mod fill_in;
mod preset;

pub use advice::{Hint, RedirectRule};
pub use preset::{BadPreset, Preset, Variable};

use crate::oauth::definition::Definition;
use crate::oauth::token_response::ErrorAnswer;
use rust_embed::RustEmbed;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

/// The error that hints are found by where a server agreed but gave no refresh token.
const NO_REFRESH_TOKEN: &str = "no_refresh_token";

#[derive(RustEmbed)]
#[folder = "presets"]
struct BuiltIn;

/// All presets, read when they are first asked for.
#[derive(Debug, Default)]
pub struct Presets {
    own: Option<PathBuf>,
    shelf: OnceLock<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    /// By name.
    presets: Vec<Preset>,
    broken: Vec<BadPreset>,
}

impl Presets {
    /// The built-in ones and those in the folder `own`.
    pub fn new(own: Option<PathBuf>) -> Self {
        Self { own, shelf: OnceLock::new() }
    }

    /// By name.
    pub fn all(&self) -> &[Preset] {
        &self.shelf().presets
    }

    pub fn get(&self, id: &str) -> Option<&Preset> {
        self.all().iter().find(|preset| preset.id == id)
    }

    /// Those in which every word of the query occurs.
    pub fn search(&self, query: &str) -> impl Iterator<Item = &Preset> {
        self.all().iter().filter(move |preset| preset.matches(query))
    }

    /// Files that hold no preset. The others can be used all the same.
    pub fn broken(&self) -> &[BadPreset] {
        &self.shelf().broken
    }

    /// `Err` with the first of the user's own files that cannot be read.
    pub fn check(&self) -> Result<(), BadPreset> {
        if self.own.is_none() {
            return Ok(()); // The built-in ones are tested; a start needs none of them.
        }
        self.broken().first().map_or(Ok(()), |first| Err(first.clone()))
    }

    /// What to do about an error of the authorization server: the preset knows more than everyone.
    pub fn advice(&self, preset: Option<&str>, answer: &ErrorAnswer) -> Option<&str> {
        let own = preset.and_then(|id| self.get(id)).and_then(|preset| advice::on(&preset.hints, answer));
        own.or_else(|| advice::on(advice::general(), answer))
    }

    /// What brings a refresh token, where a token ends and none came with it. Hints know it as `NO_REFRESH_TOKEN`,
    /// with the scopes that were asked for as its description.
    pub fn refresh_token_advice(&self, definition: &Definition) -> &str {
        let (error, asked) = (Some(NO_REFRESH_TOKEN.to_owned()), Some(definition.scopes.join(" ")));
        let missing = ErrorAnswer { status: 0, error, description: asked, uri: None, retry_after: None };
        let preset = definition.preset.as_deref().and_then(|id| self.get(id));
        let own = preset.and_then(|preset| advice::on(&preset.hints, &missing));
        let told = preset.map(|preset| preset.refresh_token.as_str()).filter(|text| !text.is_empty());
        own.or(told).or_else(|| advice::on(advice::general(), &missing)).unwrap_or_default()
    }

    /// The same for an error that was kept as text, `CODE: DESCRIPTION`.
    pub fn advice_on(&self, preset: Option<&str>, error: &str) -> Option<&str> {
        let (code, description) = error.split_once(": ").unwrap_or((error, ""));
        self.advice(preset, &ErrorAnswer::new(0, Some(code.to_owned()), Some(description.to_owned()), None))
    }

    fn shelf(&self) -> &Shelf {
        self.shelf.get_or_init(|| {
            let mut shelf = Shelf::default();
            for name in BuiltIn::iter() {
                let bytes = BuiltIn::get(&name).map(|file| file.data).unwrap_or_default();
                shelf.put(Preset::parse(Path::new(name.as_ref()), &bytes));
            }
            if let Some(folder) = &self.own {
                shelf.add_folder(folder);
            }
            shelf.presets.sort_by_key(|preset| preset.name.to_lowercase());
            shelf
        })
    }
}

impl Shelf {
    fn put(&mut self, read: Result<Preset, BadPreset>) {
        match read {
            Ok(preset) => {
                self.presets.retain(|known| known.id != preset.id);
                self.presets.push(preset);
            }
            Err(bad) => self.broken.push(bad),
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        let files = match files_of(folder) {
            Ok(files) => files,
            Err(error) => return self.broken.push(BadPreset::new(folder, format!("cannot be read: {error}"))),
        };
        for file in files {
            let read = fs::read(&file).map_err(|error| BadPreset::new(&file, format!("cannot be read: {error}")));
            self.put(read.and_then(|bytes| Preset::parse(&file, &bytes)?.sound(&file)));
        }
    }
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
