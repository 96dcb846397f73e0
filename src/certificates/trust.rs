//! How people make their programs trust the authority.

use serde::Serialize;
use std::path::Path;

/// What to do for one program or system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustStep {
    pub system: &'static str,
    /// Commands to paste, or the way through the menus.
    pub lines: Vec<String>,
}

/// The steps for the usual systems, for the terminal and the page alike. `url`: an address to try.
pub fn how_to_trust(ca: &Path, url: &str) -> Vec<TrustStep> {
    let path = ca.display().to_string();
    let shell = format!("'{}'", path.replace('\'', r"'\''"));
    let step = |system, lines: &[String]| TrustStep { system, lines: lines.to_vec() };
    vec![
        step("curl, this once", &[format!("curl --cacert {shell} {url}")]),
        step(
            "Debian, Ubuntu",
            &[
                format!("sudo cp {shell} /usr/local/share/ca-certificates/oauth-client-helper.crt"),
                "sudo update-ca-certificates".to_owned(),
            ],
        ),
        step("Fedora", &[format!("sudo trust anchor {shell}")]),
        step(
            "macOS",
            &[format!("security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db {shell}")],
        ),
        step("Windows", &[format!("certutil -user -addstore Root \"{path}\"")]),
        step(
            "Firefox",
            &[format!("Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import: {path}")],
        ),
        step(
            "Chrome on Linux",
            &[format!("chrome://certificate-manager, Custom, Trusted certificates, Import: {path}")],
        ),
    ]
}
