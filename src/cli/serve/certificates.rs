//! The certificate that is served: whether other files took its place, and whether it ends.

use crate::app::App;
use crate::certificates::{self, Facts};
use crate::data_folder::TLS;
use crate::flows::certificate;
use crate::oauth::timestamp::Timestamp;
use crate::settings::Tls;
use rocket::figment::Figment;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// Files are looked at as a whole: links that are exchanged, as Kubernetes does, tell no watcher.
const LOOK: Duration = Duration::from_secs(5);
/// One's own certificate is good for another month when it is looked at.
const RENEW_IN_S: i64 = 3600;

/// PEM: a certificate with its chain, and its key.
#[derive(Debug, PartialEq, Eq)]
struct Pair {
    certs: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

/// Where they are, and what is served of them.
#[derive(Debug)]
pub struct Certificates {
    app: App,
    files: Option<(PathBuf, PathBuf)>,
    served: Option<Pair>,
    /// What was there at the last look and cannot be served, or not yet.
    refused: Option<Pair>,
}

impl Certificates {
    /// Of settings that were checked; one's own are there already.
    pub fn of(app: &App) -> Self {
        let files = match &app.settings.tls {
            Tls::Off => None,
            Tls::Files { certs, key } => Some((certs.clone(), key.clone())),
            Tls::SelfSigned => {
                let folder = app.data_folder.file(TLS);
                Some((folder.join("cert.pem"), folder.join("key.pem")))
            }
        };
        let mut this = Self { app: app.clone(), files, served: None, refused: None };
        this.served = this.read();
        this
    }

    /// What Rocket binds, and with which certificate.
    pub fn rocket(&self) -> Figment {
        match &self.served {
            Some(pair) => self.app.settings.rocket_with_certificate(&pair.certs, &pair.key),
            None => self.app.settings.rocket(),
        }
    }

    /// Waits until others that can be served are there, and tells meanwhile what a person has to know. Safe to drop.
    pub async fn changed(&mut self) {
        loop {
            self.tell_of_the_end().await;
            tokio::time::sleep(LOOK).await;
            self.renew_own();
            let found = self.read();
            if found.is_none() || found == self.served {
                self.refused = None;
                continue;
            }
            match self.check(found.as_ref()) {
                Ok(()) => {
                    tracing::info!("the certificate files have changed; the new ones are served from now on");
                    (self.served, self.refused) = (found, None);
                    return;
                }
                // Two files are not exchanged at one moment: what is wrong twice is wrong.
                Err(why) if found == self.refused && self.app.once_in(RENEW_IN_S, &format!("certificate {why}")) => {
                    certificate::unusable(&self.app, &why).await;
                }
                Err(_) => self.refused = found,
            }
        }
    }

    fn read(&self) -> Option<Pair> {
        let (certs, key) = self.files.as_ref()?;
        Some(Pair { certs: fs::read(certs).ok()?, key: Zeroizing::new(fs::read(key).ok()?) })
    }

    /// Whether these can be served: checked as at the start, and still the same after that.
    fn check(&self, found: Option<&Pair>) -> Result<(), String> {
        let Some((certs, key)) = &self.files else { return Ok(()) };
        self.app.settings.check_certificate(certs, key).map_err(|error| error.to_string())?;
        if self.read().as_ref() == found { Ok(()) } else { Err("the files are being written".to_owned()) }
    }

    async fn tell_of_the_end(&self) {
        let Some(facts) = self.served.as_ref().and_then(|pair| Facts::of(&pair.certs)) else { return };
        if let Err(error) = certificate::ends(&self.app, &facts.fingerprint, Timestamp(facts.ends_at)).await {
            tracing::warn!(%error, "the end of the certificate could not be told");
        }
    }

    fn renew_own(&self) {
        let settings = &self.app.settings;
        if settings.tls == Tls::SelfSigned && self.app.once_in(RENEW_IN_S, "certificate renewal") {
            let hosts = [settings.public_url.host_name()];
            if let Err(error) = certificates::ensure(self.app.data_folder.path(), &hosts) {
                tracing::warn!(%error, "the certificate could not be renewed");
            }
        }
    }
}
