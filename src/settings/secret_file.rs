//! Files that hold one secret, as containers are given them.

use crate::oauth::secret::Secret;
use std::{fs::File, io::Read, path::Path};
use zeroize::Zeroizing;

/// More than any key or URL; a mistaken `/dev/zero` ends here.
const MOST: u64 = 64 * 1024;

/// The content without the newline at its end. The error says what is wrong with the file, never what is in it.
pub(super) fn read(path: &Path) -> Result<Secret, String> {
    let shown = path.display();
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)
        .and_then(|file| file.take(MOST).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read {shown}: {error}"))?;
    if bytes.len() as u64 == MOST {
        return Err(format!("{shown} is larger than a secret can be"));
    }
    let text = str::from_utf8(&bytes).map_err(|_| format!("{shown} is not text in UTF-8"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err(format!("{shown} is empty")) } else { Ok(Secret::new(text)) }
}
