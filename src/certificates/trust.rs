//! How people make their programs trust the authority.

use std::path::Path;

/// Lines to print: what to do, program by program.
pub fn how_to_trust(ca: &Path) -> Vec<String> {
    let path = ca.display().to_string();
    let shell = format!("'{}'", path.replace('\'', r"'\''"));
    vec![
        format!("curl:           curl --cacert {shell} https://localhost:8080/healthz"),
        format!(
            "Debian, Ubuntu: sudo cp {shell} /usr/local/share/ca-certificates/oauth-client-helper.crt && sudo \
             update-ca-certificates"
        ),
        format!(
            "macOS:          security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db {shell}"
        ),
        format!("Windows:        certutil -user -addstore Root \"{path}\""),
        format!(
            "Firefox:        Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import: {path}"
        ),
        format!("Chrome (Linux): chrome://certificate-manager, Custom, Trusted certificates, Import: {path}"),
    ]
}
