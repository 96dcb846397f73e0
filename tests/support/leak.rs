//! Does a secret occur in a pile of bytes, in any spelling that a program commonly gives it?

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Whether `bytes` hold `secret`: as it is, percent-encoded, in hex, or in base64 at any of the three alignments.
pub fn leaks(bytes: impl AsRef<[u8]>, secret: &str) -> bool {
    let bytes = bytes.as_ref();
    spellings(secret).iter().any(|spelling| holds(bytes, spelling.as_bytes()))
}

/// The spellings that [`leaks`] looks for.
pub fn spellings(secret: &str) -> Vec<String> {
    let percent = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![secret.to_owned(), percent, hex];
    for shift in 0..3 {
        all.push(base64_inside(&STANDARD_NO_PAD, secret, shift));
        all.push(base64_inside(&URL_SAFE_NO_PAD, secret, shift));
    }
    all
}

/// What is sure to be seen of `secret` in the base64 of a longer text, where `shift` bytes of a group precede it.
fn base64_inside(alphabet: &impl Engine, secret: &str, shift: usize) -> String {
    let padded = [vec![0; shift], secret.as_bytes().to_vec()].concat();
    let whole = padded.len() / 3 * 3;
    alphabet.encode(&padded[..whole])[if shift == 0 { 0 } else { 4 }..].to_owned()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
