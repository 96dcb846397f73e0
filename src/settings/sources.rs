//! The sources of settings, merged in order.

use super::{Problem, Surroundings, entry::Entry, names, rocket_toml::RocketToml, unknown};
use figment::{Figment, Profile, util::nest, value::Value};
use std::{collections::BTreeMap, ffi::OsString};

/// Rocket's own, so that one `Rocket.toml` means the same to the program and to whoever embeds it.
const DEFAULT_PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };

/// Everything that was written anywhere, later sources over earlier ones. Unknown names become problems.
pub(super) fn merged(surroundings: &Surroundings, problems: &mut Vec<Problem>) -> Figment {
    let profile: Profile = match surroundings.variable("ROCKET_PROFILE") {
        Some(name) => name.into(),
        None => DEFAULT_PROFILE.into(),
    };
    let mut figment = Figment::new();
    if let Some(file) = RocketToml::read(surroundings, problems) {
        figment = figment.merge(file);
    }
    figment = Entry::merge_all(figment, rocket_variables(surroundings, problems));
    figment = Entry::merge_all(figment, our_variables(surroundings, problems));
    let flags = surroundings.flags.given();
    Entry::merge_all(figment, flags.map(|(key, flag, value)| Entry::over_all_profiles(key, flag, value)))
        .select(profile)
}

/// `ROCKET_*`, for Rocket's own keys only, in Rocket's own notation (`ROCKET_LIMITS={form="1MiB"}`).
fn rocket_variables(surroundings: &Surroundings, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let entry = |(name, value): &(OsString, OsString)| {
        let (name, value) = (name.to_str()?, value.to_str()?);
        let key = without_prefix(name, "ROCKET_")?.to_ascii_lowercase();
        let Ok(value) = value.parse::<Value>();
        names::ROCKET.contains(&key.as_str()).then(|| Entry::over_all_profiles(&key, name, value))
    };
    let entries: Vec<Entry> = surroundings.variables.iter().filter_map(entry).collect();
    for entry in &entries {
        let dict = nest(&entry.key, entry.value.clone()).into_dict().unwrap_or_default();
        problems.extend(unknown::problems(&dict, &|key| format!("{key} in {}", entry.name)));
    }
    entries
}

/// `OAUTHCLIENT_*`, each value as the text that it is: `012345` and `true` may be secrets.
fn our_variables(surroundings: &Surroundings, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    for (name, value) in &surroundings.variables {
        let name = name.to_string_lossy().into_owned();
        let Some(rest) = without_prefix(&name, names::PREFIX) else { continue };
        let Some(key) = names::key_of(rest) else {
            problems.push(Problem::unknown(&name, names::nearest_variable(&name)));
            continue;
        };
        let Some(value) = value.to_str() else {
            problems.push(Problem::expected(name, "text in UTF-8"));
            continue;
        };
        match entries.get(key) {
            Some(twin) => problems.push(Problem::new(name, format!("is also set as {}; leave one of them", twin.name))),
            None => drop(entries.insert(key, Entry::over_all_profiles(key, name, value))),
        }
    }
    entries.into_values().collect()
}

fn without_prefix<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let start = name.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
}
