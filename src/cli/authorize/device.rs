//! Another device: an address, a code and a QR code on stderr, then asking until somebody has agreed.

use crate::app::App;
use crate::cli::error::Failure;
use crate::cli::output;
use crate::flows;
use crate::flows::authorization_code::{self, Settled};
use crate::flows::device::{self, Waiting};
use crate::oauth::device::DeviceAuthorization;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::io::{self, IsTerminal};

pub async fn follow(app: &App, id: &str, waiting: &Waiting) -> Result<Settled, Failure> {
    let authorization = &waiting.authorization;
    output::note(&format!(
        "To authorize {}, open this address on any device:\n\n  {}\n\nand type this code, or check that it is the \
         same:\n\n  {}\n",
        waiting.name, authorization.verification_uri, authorization.user_code
    ));
    qr_code(authorization, io::stderr().is_terminal()).iter().for_each(|code| output::note(code));
    output::note("Waiting until somebody has agreed there (Ctrl-C to stop) …");
    device::watch(app, id).await.map_err(io::Error::other)??;
    authorization_code::result(app, id).await?.ok_or(Failure::Flow(flows::Error::Interrupted))
}

/// Two modules in one character. A terminal may be light or dark, so its colours are said; `None`: the address is too
/// long for any QR code.
fn qr_code(authorization: &DeviceAuthorization, on_terminal: bool) -> Option<String> {
    let code = QrCode::new(authorization.address().as_str()).ok()?;
    let text = code.render::<Dense1x2>().build();
    let dress = |line: &str| if on_terminal { format!("  \x1b[30;107m{line}\x1b[0m\n") } else { format!("  {line}\n") };
    Some(text.lines().map(dress).collect())
}
