//! Another device: an address, a code and a QR code on stderr.

use crate::cli::output;
use crate::oauth::name::GrantName;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::io::{self, IsTerminal};
use url::Url;

/// `complete`: the address with the code in it.
pub fn show(name: &GrantName, address: &Url, complete: Option<&Url>, code: &str) {
    output::note(&format!(
        "To authorize {name}, open this address on any device:\n\n  {address}\n\nand type this code, or check that it \
         is the same:\n\n  {code}\n"
    ));
    qr_code(complete.unwrap_or(address), io::stderr().is_terminal()).iter().for_each(|code| output::note(code));
    output::note("Waiting until somebody has agreed there (Ctrl-C to stop) …");
}

/// Two modules in one character. A terminal may be light or dark, so its colours are said; `None`: the address is too
/// long for any QR code.
fn qr_code(address: &Url, on_terminal: bool) -> Option<String> {
    let code = QrCode::new(address.as_str()).ok()?;
    let text = code.render::<Dense1x2>().build();
    let dress = |line: &str| if on_terminal { format!("  \x1b[30;107m{line}\x1b[0m\n") } else { format!("  {line}\n") };
    Some(text.lines().map(dress).collect())
}
