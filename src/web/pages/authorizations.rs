//! What a person sees around an authorization.

use super::{Page, Snippet};
use base64::{Engine, engine::general_purpose::STANDARD};
use qrcode::{QrCode, render::svg};
use serde::Serialize;

/// It worked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Authorized {
    pub name: String,
    pub account: String,
    pub scope: String,
    /// In words.
    pub expiry: String,
    /// Whether the token is kept fresh from now on; if not, why.
    pub renewal: String,
    pub snippets: Vec<Snippet>,
}

impl Page for Authorized {
    const TEMPLATE: &'static str = "pages/authorized.html";
}

/// It did not work.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AuthorizationFailed {
    /// The client and account to try again with, when they are known.
    pub name: Option<String>,
    pub account: String,
    pub title: String,
    /// What went wrong, with the server's own words, at most 1 KiB of them.
    pub said: Option<String>,
    pub meaning: String,
    pub next_step: String,
}

impl Page for AuthorizationFailed {
    const TEMPLATE: &'static str = "pages/authorization_failed.html";
}

/// Takes the redirect URI that the browser could not open. It is never shown again: a code is in it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Paste {
    pub error: Option<String>,
}

impl Page for Paste {
    const TEMPLATE: &'static str = "pages/paste.html";
}

/// RFC 8628 §3.3: the code to type on another device. Both URIs become links: the caller passes http and https only.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DeviceCode {
    /// The authorization's.
    pub id: String,
    pub name: String,
    pub user_code: String,
    /// Where to type it.
    pub verification_uri: String,
    /// The same with the code in it, if the server gives one.
    pub verification_uri_complete: Option<String>,
    /// The address as a `data:` URL of an image; `None` when it is too long for one.
    pub qr_code: Option<String>,
    /// In words.
    pub expiry: String,
}

impl DeviceCode {
    /// An address as a QR code, dark on light in every colour scheme.
    pub fn qr_code(address: &str) -> Option<String> {
        let svg = QrCode::new(address).ok()?.render::<svg::Color<'_>>().build();
        Some(format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)))
    }
}

impl Page for DeviceCode {
    const TEMPLATE: &'static str = "pages/device_code.html";
}

/// Takes a user name and a password, for servers that offer nothing else.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Password {
    pub name: String,
    pub account: String,
    /// The authorization server's host.
    pub server: String,
    pub warning: &'static str,
}

impl Page for Password {
    const TEMPLATE: &'static str = "pages/password.html";
}

/// Asks whether a code that nobody here asked for is to be used.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Unsolicited {
    /// The kept response's.
    pub id: String,
    pub name: String,
}

impl Page for Unsolicited {
    const TEMPLATE: &'static str = "pages/unsolicited.html";
}
