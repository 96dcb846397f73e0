//! The one place where the parts are wired.

mod key_sets;
mod recently;
mod told;
mod work;

pub use key_sets::{Fetched, KeySets};
pub use told::Told;
pub use work::Work;

use crate::authorization_server::{self, Network, Outbound};
use crate::data_folder::{DataFolder, DataFolderError, ENCRYPTION_KEY, LOGIN_TOKEN, SPOOL};
use crate::metrics::{self, Metrics};
use crate::oauth::definition::{Definition, RedirectUri, StatePolicy};
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use crate::presets::Presets;
use crate::registry::{self, Client, Registry};
use crate::settings::{MessageQueue, Settings, TokenCache};
use crate::store::{self, Eviction, Keyring, Location, Store};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Notify;

/// A handle to everything a flow needs; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
pub struct Parts {
    pub settings: Settings,
    pub data_folder: DataFolder,
    pub store: Store,
    pub registry: Registry,
    pub network: Network,
    pub presets: Presets,
    pub metrics: Metrics,
    /// Told when a browser was shown how its authorization ended.
    pub result_shown: Notify,
    /// The keys of authorization servers, as fetched.
    pub key_sets: KeySets,
    /// What has to be finished before the program ends.
    pub work: Work,
    /// Events on their way to the store.
    pub told: Told,
    flights: Flights,
    recently: recently::Recently,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Why the program cannot start working.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    DataFolder(#[from] DataFolderError),
    #[error("OAUTHCLIENT_CLIENTS_DIR: {} is not a folder", .0.display())]
    ClientsDir(PathBuf),
    #[error("OAUTHCLIENT_ENCRYPTION__KEY: {0}")]
    Key(#[from] store::seal::BadKey),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Network(#[from] authorization_server::Error),
    #[error(transparent)]
    Metrics(#[from] metrics::Error),
}

impl App {
    /// Opens the data folder, the store and the registry. Nothing is asked of the network but Redis, and nothing is counted.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let app = Self::wire(settings, Metrics::default())?;
        app.connect().await?;
        Ok(app)
    }

    /// For a server: with metrics, and with a store that is still to be opened. Until [`Parts::connect`] did so, whoever
    /// needs it is told why not.
    pub fn prepare(settings: Settings) -> Result<Self, OpenError> {
        Self::wire(settings, Metrics::new()?)
    }

    fn wire(settings: Settings, metrics: Metrics) -> Result<Self, OpenError> {
        if let Some(folder) = settings.clients_dir.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(OpenError::ClientsDir(folder.clone()));
        }
        let (data_folder, warning) = DataFolder::open(&settings.data_dir)?;
        warn(warning);
        let store = Store::later(store::Config {
            location: location(&settings, &data_folder),
            keys: keys(&settings, &data_folder)?,
            spool: data_folder.file(SPOOL),
        });
        let store = store.measured_by(metrics.clone());
        let registry = match &settings.token_cache {
            TokenCache::File(path) => {
                Registry::in_file(path.clone(), store.keys().clone(), settings.redirect_url.to_string())
            }
            TokenCache::Redis => Registry::in_store(store.clone()),
        };
        let registry = match &settings.clients_dir {
            Some(folder) => registry.with_declared(folder, settings.redirect_url.as_str()),
            None => registry,
        };
        let outbound = &settings.outbound;
        let network =
            Network::new(&Outbound { allow_private: outbound.allow_private, ca_file: outbound.ca_file.clone() })?;
        let presets = Presets::new(settings.presets_dir.clone());
        let (result_shown, flights) = (Notify::new(), Flights::default());
        let key_sets = KeySets::default();
        Ok(Self(Arc::new(Parts {
            settings,
            data_folder,
            store,
            registry,
            network,
            presets,
            metrics,
            result_shown,
            key_sets,
            work: Work::default(),
            told: Told::default(),
            flights,
            recently: recently::Recently::default(),
        })))
    }
}

fn location(settings: &Settings, data_folder: &DataFolder) -> Location {
    match &settings.message_queue {
        MessageQueue::Embedded => Location::Embedded(data_folder.path().to_owned()),
        MessageQueue::Redis(url) => Location::Redis {
            url: url.clone(),
            prefix: settings.key_prefix.clone(),
            ca_file: settings.outbound.ca_file.clone(),
            eviction: Eviction::default(),
        },
    }
}

/// With Redis the key is a setting (see `settings`); without, it is made once and lies beside the store.
fn keys(settings: &Settings, data_folder: &DataFolder) -> Result<Keyring, OpenError> {
    if let Some(key) = &settings.encryption_key {
        return Ok(Keyring::parse(key)?);
    }
    let made = Keyring::new_key().map_err(|_| store::Error::NoRandomness)?;
    let text = data_folder.read_or_create(ENCRYPTION_KEY, || made.expose().as_bytes().to_vec())?;
    Ok(Keyring::parse(&Secret::new(String::from_utf8_lossy(&text)))?)
}

fn warn(warning: Option<impl fmt::Display>) {
    if let Some(warning) = warning {
        tracing::warn!("{warning}");
    }
}

impl Parts {
    /// Opens the store, unless it is open.
    pub async fn connect(&self) -> Result<(), store::Error> {
        self.store.connect().await?.into_iter().for_each(|warning| warn(Some(warning)));
        Ok(())
    }

    /// Time is read here and handed on.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// 256 random bits.
    pub fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // The system's generator fails only before it is seeded, at boot; then waiting is all there is to do.
        while getrandom::fill(&mut bytes).is_err() {
            std::thread::yield_now();
        }
        bytes
    }

    /// The same as 43 characters that fit into a URL.
    pub fn random_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.random())
    }

    /// 0 to 1, so that what would happen at the same moment does not.
    pub fn jitter(&self) -> f64 {
        f64::from(self.random()[0]) / 255.0
    }

    pub async fn client(&self, name: &ClientName) -> Result<Client, registry::Error> {
        let found = self.registry.get(name).await?;
        found.ok_or_else(|| registry::Error::Unknown(name.clone()))
    }

    /// Where a person authorizes a client.
    pub fn page_of(&self, client: &ClientName) -> String {
        self.settings.public_url.join(&format!("/clients/{client}"))
    }

    /// The redirect URI that a client's authorization server must know.
    pub fn redirect_uri(&self, definition: &Definition) -> String {
        match &definition.redirect_uri {
            RedirectUri::Auto => self.settings.redirect_url.to_string(),
            RedirectUri::Literal(uri) => uri.clone(),
        }
    }

    /// The same for a client as it is kept: where a code may come without a `state`, it has an address of its own.
    pub fn redirect_uri_of(&self, client: &Client) -> String {
        let definition = &client.definition;
        match (&definition.redirect_uri, definition.callback.state_policy) {
            (RedirectUri::Auto, StatePolicy::Unsolicited) => {
                format!("{}/{}", self.redirect_uri(definition), client.name)
            }
            _ => self.redirect_uri(definition),
        }
    }

    /// The operator's token, made on the first call when no setting holds one.
    pub fn login_token(&self) -> Result<Secret, DataFolderError> {
        if let Some(token) = &self.settings.login.token {
            return Ok(token.clone());
        }
        let bytes = self.data_folder.read_or_create(LOGIN_TOKEN, || self.random_text().into_bytes())?;
        Ok(Secret::new(String::from_utf8_lossy(&bytes).trim()))
    }

    /// Whether this is the first call for `name` in so many seconds, in this process.
    pub fn once_in(&self, seconds: i64, name: &str) -> bool {
        self.recently.is_first(name, seconds, self.now())
    }

    /// Whether the seconds of such a call are not over yet.
    pub fn happened(&self, name: &str) -> bool {
        self.recently.counts(name, self.now())
    }

    /// The lock of one grant within this process.
    pub fn flight(&self, name: &GrantName) -> Arc<tokio::sync::Mutex<()>> {
        self.flights.of(name)
    }
}

/// One lock for each grant that is being renewed, gone with its last user.
#[derive(Debug, Default)]
struct Flights(Mutex<HashMap<GrantName, Weak<tokio::sync::Mutex<()>>>>);

impl Flights {
    fn of(&self, name: &GrantName) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(name).and_then(Weak::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::new(tokio::sync::Mutex::new(()));
        flights.insert(name.clone(), Arc::downgrade(&flight));
        flight
    }
}
