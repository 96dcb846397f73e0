//! How to trust the generated certificate authority.

use super::errors::PageError;
use super::guards::Operator;
use super::page::{Html, Renderer};
use super::pages::Tls;
use crate::app::App;
use crate::certificates::{self, Facts};
use crate::data_folder::TLS;
use crate::settings;
use rocket::State;
use rocket::http::{ContentType, Header};
use std::path::PathBuf;

fn authority(app: &App) -> Option<PathBuf> {
    (app.settings.tls == settings::Tls::SelfSigned).then(|| app.data_folder.file(TLS).join("ca.pem"))
}

/// 404 unless HTTPS is self-signed.
#[rocket::get("/tls")]
pub fn show(app: &State<App>, _who: Operator, view: Renderer<'_>) -> Option<Result<Html, PageError>> {
    let path = authority(app)?;
    let fingerprint = std::fs::read(&path).ok().and_then(|pem| Facts::of(&pem)).map(|facts| facts.fingerprint);
    let steps = certificates::how_to_trust(&path, &app.settings.public_url.join("/healthz"));
    Some(view.page(&Tls { ca_path: path.display().to_string(), fingerprint: fingerprint.unwrap_or_default(), steps }))
}

/// The certificate holds nothing secret, but only the operator needs it.
#[derive(Debug, rocket::Responder)]
pub struct Download {
    pem: Vec<u8>,
    kind: ContentType,
    name: Header<'static>,
}

#[rocket::get("/tls/ca.pem")]
pub fn certificate(app: &State<App>, _who: Operator) -> Option<Download> {
    Some(Download {
        pem: std::fs::read(authority(app)?).ok()?,
        kind: ContentType::new("application", "x-pem-file"),
        name: Header::new("Content-Disposition", "attachment; filename=\"oauth-client-helper-ca.pem\""),
    })
}
