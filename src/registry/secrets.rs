//! The secrets of definitions: sealed before they are written, found again wherever a definition says they are.
//!
//! A secret is sealed for its client ID: a renamed or copied client keeps it, one client's secret does not open under
//! another's ID.

use super::error::{NoSecret, SecretProblem};
use crate::oauth::definition::{CLIENT_SECRET, Definition, PRIVATE_KEY, SecretSource};
use crate::oauth::secret::Secret;
use crate::store::{Keyring, seal::BadSeal};
use std::env::{self, VarError};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The size, in bytes, beyond which a file is taken for something else than a secret.
const LONGEST: u64 = 64 * 1024;

/// Gives `new` the secrets of `old` that it does not name itself. For edits: secrets are write-only, so a form or an
/// API call leaves one out to keep it.
pub fn keep_secrets(old: &Definition, new: &mut Definition) {
    let mut old = old.clone();
    for ((_, old), (_, new)) in old.secrets_mut().into_iter().zip(new.secrets_mut()) {
        if new.is_none() {
            *new = old.take();
        }
    }
}

/// Gives `new` the secrets of `old` that it does not name itself, and those that it names in another form.
pub(super) fn settle(keyring: &Keyring, old: &Definition, new: &mut Definition) {
    for field in [CLIENT_SECRET, PRIVATE_KEY] {
        let secret = |definition: &Definition| resolve(keyring, definition, field).ok().flatten();
        let is_same = match (secret(old), secret(new)) {
            (Some(old), Some(new)) => old.matches(new.expose()),
            _ => false,
        };
        let of_old = old.secret(field).cloned();
        for (path, source) in new.secrets_mut() {
            if path == field && (is_same || source.is_none()) {
                *source = of_old.clone();
            }
        }
    }
}

/// Seals every plain secret and answers the fields it changed. An empty one counts as absent.
pub(super) fn seal(keyring: &Keyring, definition: &mut Definition) -> Result<Vec<&'static str>, SecretProblem> {
    let client_id = definition.client_id.clone();
    let mut changed = Vec::new();
    for (field, source) in definition.secrets_mut() {
        if let Some(SecretSource::Plain(secret)) = source {
            *source = if secret.is_empty() {
                None
            } else {
                let sealed = keyring.seal_text(&[field, &client_id], secret);
                Some(SecretSource::Sealed(sealed.map_err(|error| SecretProblem { field, why: NoSecret::Seal(error) })?))
            };
            changed.push(field);
        }
    }
    Ok(changed)
}

/// Opens the secrets that `new` took over from `old` in sealed form, when the client ID they are sealed for has changed.
pub(super) fn release(keyring: &Keyring, old: &Definition, new: &mut Definition) -> Result<(), SecretProblem> {
    let mut before = old.clone();
    if old.client_id == new.client_id {
        return Ok(());
    }
    for ((field, before), (_, source)) in before.secrets_mut().into_iter().zip(new.secrets_mut()) {
        if let Some(SecretSource::Sealed(text)) = source
            && *before == Some(SecretSource::Sealed(text.clone()))
        {
            *source = Some(SecretSource::Plain(open(keyring, field, &old.client_id, text)?));
        }
    }
    Ok(())
}

/// Makes every sealed secret plain; how many there were.
pub(super) fn open_all(keyring: &Keyring, definition: &mut Definition) -> Result<usize, SecretProblem> {
    let client_id = definition.client_id.clone();
    let mut opened = 0;
    for (field, source) in definition.secrets_mut() {
        if let Some(SecretSource::Sealed(text)) = source {
            *source = Some(SecretSource::Plain(open(keyring, field, &client_id, text)?));
            opened += 1;
        }
    }
    Ok(opened)
}

/// The secret itself whose field is `field`.
pub(super) fn resolve(
    keyring: &Keyring,
    definition: &Definition,
    field: &'static str,
) -> Result<Option<Secret>, SecretProblem> {
    let Some(source) = definition.secret(field) else { return Ok(None) };
    match source {
        SecretSource::Plain(secret) => Ok(secret.clone()),
        SecretSource::Sealed(text) => return open(keyring, field, &definition.client_id, text).map(Some),
        SecretSource::Env(name) => from_variable(name),
        SecretSource::File(path) => from_file(path),
    }
    .map(Some)
    .map_err(|why| SecretProblem { field, why })
}

fn open(keyring: &Keyring, field: &'static str, client_id: &str, text: &str) -> Result<Secret, SecretProblem> {
    let why = |error| match error {
        BadSeal::Damaged => NoSecret::Foreign { client_id: client_id.to_owned() },
        other => NoSecret::Seal(other),
    };
    keyring.open_text(&[field, client_id], text).map_err(|error| SecretProblem { field, why: why(error) })
}

fn from_variable(name: &str) -> Result<Secret, NoSecret> {
    match env::var(name) {
        Ok(text) if text.is_empty() => Err(NoSecret::VariableEmpty(name.to_owned())),
        Ok(text) => Ok(Secret::new(text)),
        Err(VarError::NotPresent) => Err(NoSecret::VariableNotSet(name.to_owned())),
        Err(VarError::NotUnicode(_)) => Err(NoSecret::VariableNotText(name.to_owned())),
    }
}

fn from_file(path: &Path) -> Result<Secret, NoSecret> {
    let unreadable = |error: std::io::Error| NoSecret::FileUnreadable { path: path.to_owned(), why: error.to_string() };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST {
        return Err(NoSecret::FileNotText(path.to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| NoSecret::FileNotText(path.to_owned()))?;
    // Editors and `echo` end a file with a line break that is not part of the secret.
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(NoSecret::FileEmpty(path.to_owned())),
        secret => Ok(Secret::new(secret)),
    }
}
