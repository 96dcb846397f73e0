//! The keys that seal secrets at rest.

use crate::oauth::secret::Secret;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Takes `encryption.key` apart: keys of 32 bytes in base64 (standard or URL-safe, with or without padding), newest
/// first, with commas or white space between them. `None` unless every one is such a key and there is at least one.
pub fn encryption_keys(text: &Secret) -> Option<Vec<Zeroizing<[u8; 32]>>> {
    let words = text.expose().split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    let keys: Option<Vec<_>> = words.map(key).collect();
    keys.filter(|keys| !keys.is_empty())
}

fn key(word: &str) -> Option<Zeroizing<[u8; 32]>> {
    let engine = if word.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    let bytes = Zeroizing::new(engine.decode(word).ok()?);
    let mut key = Zeroizing::new([0; 32]);
    (bytes.len() == key.len()).then(|| key.copy_from_slice(&bytes))?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PADDED: &str = "//////////////////////////////////////////8=";

    #[test]
    fn a_key_is_32_bytes_in_either_alphabet_with_or_without_padding() {
        for good in [PADDED, PADDED.trim_end_matches('='), "__________________________________________8"] {
            let keys = encryption_keys(&Secret::new(good)).unwrap();
            assert_eq!((keys.len(), *keys[0]), (1, [0xff; 32]), "{good}");
        }
        for bad in ["", " , ", "c2hvcnQ=", "//////////////////////////////////////////", &PADDED[1..], "not base64!"] {
            assert!(encryption_keys(&Secret::new(bad)).is_none(), "{bad}");
        }
    }

    #[test]
    fn several_keys_keep_their_order() {
        let zero = "A".repeat(43);
        let keys = encryption_keys(&Secret::new(format!("{zero},{PADDED}\n {zero}\n"))).unwrap();
        assert_eq!(keys.iter().map(|key| key[0]).collect::<Vec<_>>(), [0, 0xff, 0]);
        assert!(encryption_keys(&Secret::new(format!("{zero},short"))).is_none());
    }
}
