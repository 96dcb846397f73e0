//! The files a page links to.

use rust_embed::RustEmbed;
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "static"]
struct Static;

/// A static file, ready to be sent.
#[derive(Clone, Debug)]
pub struct Asset {
    pub content_type: &'static str,
    pub bytes: Cow<'static, [u8]>,
    /// A strong entity tag (RFC 9110 §8.8.3), with its quotes. A request whose query is `v=` and the tag's text may be
    /// cached for good.
    pub etag: String,
}

impl Asset {
    /// The tag without its quotes: the `v` in the file's URL.
    pub fn version(&self) -> &str {
        self.etag.trim_matches('"')
    }
}

/// The file of this name, if there is one.
pub fn static_file(name: &str) -> Option<Asset> {
    let content_type = match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let file = Static::get(name)?;
    let hash: String = file.metadata.sha256_hash().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Some(Asset { content_type, bytes: file.data, etag: format!("\"{hash}\"") })
}

/// Whether a file on disk is younger than this process.
#[cfg(debug_assertions)]
pub(super) fn changed_since_start<Files: RustEmbed>() -> bool {
    use std::sync::OnceLock;
    static START: OnceLock<u64> = OnceLock::new();
    let newest = Files::iter().filter_map(|name| Files::get(&name)?.metadata.last_modified()).max().unwrap_or_default();
    newest > *START.get_or_init(|| newest)
}
