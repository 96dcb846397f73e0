//! The file `Rocket.toml`.

use super::{Problem, Surroundings, unknown};
use figment::{
    Error, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A parsed `Rocket.toml`: tables of settings under the names of profiles.
pub(super) struct RocketToml {
    path: PathBuf,
    profiles: Map<Profile, Dict>,
}

impl RocketToml {
    /// The file named by `ROCKET_CONFIG`, which must exist, or `Rocket.toml` in the working directory, if there is one.
    pub fn read(surroundings: &Surroundings, problems: &mut Vec<Problem>) -> Option<Self> {
        let named = surroundings.variable("ROCKET_CONFIG");
        let path = surroundings.folder.join(named.unwrap_or("Rocket.toml"));
        let shown = path.display();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return None,
            Err(error) => {
                let subject = if named.is_some() { "ROCKET_CONFIG" } else { "Rocket.toml" };
                problems.push(Problem::new(subject, format!("cannot read {shown}: {error}")));
                return None;
            }
        };
        Self::parse(path, &text).map(|file| file.judged(problems)).map_err(|problem| problems.push(problem)).ok()
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self, Problem> {
        // The parser's own words show the line, which may hold a secret.
        let tables: Map<String, Value> = Toml::from_str(text).map_err(|error| {
            let (line, column) = position(text, error.span().map_or(0, |span| span.start));
            let message = format!("line {line}, column {column} is not valid TOML; text values stand in double quotes");
            Problem::new(shown(&path), message)
        })?;
        let mut profiles = Map::new();
        for (name, table) in tables {
            let Some(dict) = table.into_dict() else {
                let message = "stands outside of a profile; put it below a line [default]";
                return Err(Problem::new(format!("{name} in {}", shown(&path)), message));
            };
            profiles.insert(Profile::from(name), dict);
        }
        Ok(Self { path, profiles })
    }

    /// Complains about names that are neither ours nor Rocket's, in any profile.
    fn judged(self, problems: &mut Vec<Problem>) -> Self {
        for dict in self.profiles.values() {
            problems.extend(unknown::problems(dict, &|key| format!("{key} in {}", shown(&self.path))));
        }
        self
    }
}

impl Provider for RocketToml {
    fn metadata(&self) -> Metadata {
        Metadata::from(shown(&self.path), self.path.as_path())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(self.profiles.clone())
    }
}

fn shown(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Line and column, both from 1, of a byte.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
