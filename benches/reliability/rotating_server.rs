//! An authorization server that rotates refresh tokens strictly: one that comes twice ends its grant, as RFC 9700 §4.14.2
//! wants it. It keeps count of every breach, and can be told to fail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the server does beside answering, each in thousandths of all requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// 503, nothing done.
    pub unavailable: u32,
    /// 429 with Retry-After, nothing done.
    pub throttled: u32,
    /// An answer that takes three seconds.
    pub slow: u32,
    /// The connection closed, nothing done.
    pub dropped: u32,
    /// Rotated, and the connection closed instead of an answer.
    pub lost: u32,
}

/// How the server behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Seconds an access token lives.
    pub lifetime_s: u64,
    /// Whether the last refresh token is still taken while the one after it was never used.
    pub grace: bool,
    pub faults: Faults,
    /// Milliseconds before and after the rotation.
    pub pause_ms: (u64, u64),
}

/// What was seen. A refresh token that came again although its answer had arrived is a breach.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub requests: u64,
    pub rotations: u64,
    /// Refresh tokens that came twice and ended their grant.
    pub reused: u64,
    /// Refresh tokens that came twice within the grace.
    pub forgiven: u64,
    /// Answers that were taken away on purpose.
    pub lost: u64,
    /// Requests for one grant while another was under way.
    pub overlapping: u64,
    pub faults: u64,
}

#[derive(Debug, Default)]
struct Family {
    refresh_token: String,
    previous: Option<String>,
    access_token: String,
    generation: u64,
    under_way: bool,
    ended: bool,
}

#[derive(Debug)]
struct State {
    families: HashMap<String, Family>,
    counts: Counts,
    manners: Manners,
    random: Random,
}

/// A xorshift generator: the same seed gives the same row of faults.
#[derive(Debug)]
pub struct Random(u64);

/// Cheap to clone; all clones are the same server.
#[derive(Clone, Debug)]
pub struct RotatingServer {
    url: String,
    state: Arc<Mutex<State>>,
    refreshes: watch::Sender<u64>,
}

enum Reply {
    Json(&'static str, Value, Option<u64>),
    Nothing,
}

impl RotatingServer {
    pub async fn start(manners: Manners, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/token", listener.local_addr().expect("an address"));
        let state = State { families: HashMap::new(), counts: Counts::default(), manners, random: Random::new(seed) };
        let server = Self { url, state: Arc::new(Mutex::new(state)), refreshes: watch::Sender::default() };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move { server.serve(connection).await });
            }
        });
        server
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Changes with every refresh that arrives from now on.
    pub fn refreshes(&self) -> watch::Receiver<u64> {
        self.refreshes.subscribe()
    }

    pub fn counts(&self) -> Counts {
        self.with(|state| state.counts)
    }

    pub fn set(&self, change: impl FnOnce(&mut Manners)) {
        self.with(|state| change(&mut state.manners));
    }

    /// How often the grant of `user` was rotated.
    pub fn generation(&self, user: &str) -> u64 {
        self.with(|state| state.families.get(user).map_or(0, |family| family.generation))
    }

    /// Whether this is the newest access token of a grant that still holds.
    pub fn is_newest(&self, access_token: &str) -> bool {
        self.with(|state| state.families.values().any(|family| !family.ended && family.access_token == access_token))
    }

    /// Whether it ever gave out this access token and did not end its grant.
    pub fn knows(&self, access_token: &str) -> bool {
        let user = access_token.split('.').nth(1).unwrap_or_default();
        self.with(|state| state.families.get(user).is_some_and(|family| !family.ended))
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn serve(&self, mut connection: TcpStream) {
        let Some(parameters) = request(&mut connection).await else { return };
        if parameters.contains_key("refresh_token") {
            self.refreshes.send_modify(|refreshes| *refreshes += 1);
        }
        let (pause, slow) = self.with(|state| {
            state.counts.requests += 1;
            let slow = state.chance(state.manners.faults.slow);
            (state.manners.pause_ms, slow)
        });
        let (before, after) = pause;
        tokio::time::sleep(Duration::from_millis(before + if slow { 3000 } else { 0 })).await;
        let reply = self.with(|state| state.reply(&parameters));
        tokio::time::sleep(Duration::from_millis(after)).await;
        if let Some(user) = parameters.get("refresh_token").and_then(|token| user_of(token)) {
            self.with(|state| {
                state.families.entry(user).and_modify(|family| family.under_way = false);
            });
        }
        if let Reply::Json(status, body, retry_after) = reply {
            let wait = retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n{wait}");
            let whole = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            // Whoever was killed meanwhile hears nothing.
            let _ = connection.write_all(whole.as_bytes()).await;
        }
    }
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to 999.
    pub fn thousandths(&mut self) -> u64 {
        self.next() % 1000
    }
}

impl State {
    fn chance(&mut self, thousandths: u32) -> bool {
        self.random.thousandths() < u64::from(thousandths)
    }

    fn reply(&mut self, parameters: &HashMap<String, String>) -> Reply {
        let faults = self.manners.faults;
        if parameters.get("grant_type").is_some_and(|grant| grant == "password") {
            let user = parameters.get("username").cloned().unwrap_or_default();
            self.families.insert(user.clone(), Family::default());
            return self.rotate(&user);
        }
        let token = parameters.get("refresh_token").cloned().unwrap_or_default();
        let user = user_of(&token).unwrap_or_default();
        let kinds = [faults.unavailable, faults.throttled, faults.dropped];
        let [unavailable, throttled, dropped] = kinds.map(|kind| self.chance(kind));
        if unavailable || throttled || dropped {
            self.counts.faults += 1;
        }
        match () {
            () if unavailable => return Reply::Json("503 Service Unavailable", json!({"message": "later"}), None),
            () if throttled => return Reply::Json("429 Too Many Requests", json!({"message": "slowly"}), Some(1)),
            () if dropped => return Reply::Nothing,
            () => {}
        }
        let grace = self.manners.grace;
        let Some(family) = self.families.get_mut(&user).filter(|family| !family.ended) else { return refused() };
        self.counts.overlapping += u64::from(std::mem::replace(&mut family.under_way, true));
        if token == family.refresh_token {
            return self.rotate(&user);
        }
        if grace && family.previous.as_deref() == Some(&token) {
            self.counts.forgiven += 1;
            return self.rotate(&user);
        }
        family.ended = true;
        self.counts.reused += 1;
        refused()
    }

    fn rotate(&mut self, user: &str) -> Reply {
        let (mark, lost) = (self.random.next(), self.chance(self.manners.faults.lost));
        let lifetime = self.manners.lifetime_s;
        let Some(family) = self.families.get_mut(user) else { return refused() };
        family.generation += 1;
        let [access, refresh] = ["at", "rt"].map(|kind| format!("{kind}.{user}.{}.{mark:x}", family.generation));
        family.previous = Some(std::mem::replace(&mut family.refresh_token, refresh.clone()));
        family.access_token.clone_from(&access);
        self.counts.rotations += 1;
        if lost && family.generation > 1 {
            self.counts.lost += 1;
            self.counts.faults += 1;
            return Reply::Nothing;
        }
        let body =
            json!({"access_token": access, "token_type": "Bearer", "expires_in": lifetime, "refresh_token": refresh});
        Reply::Json("200 OK", body, None)
    }
}

fn refused() -> Reply {
    Reply::Json("400 Bad Request", json!({"error": "invalid_grant"}), None)
}

/// `rt.USER.GENERATION.MARK`.
fn user_of(token: &str) -> Option<String> {
    token.split('.').nth(1).map(str::to_owned)
}

/// The parameters of one form.
async fn request(connection: &mut TcpStream) -> Option<HashMap<String, String>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = |line: &str| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok();
            if body.len() >= head.lines().find_map(length).unwrap_or(0) {
                return Some(url::form_urlencoded::parse(body.as_bytes()).into_owned().collect());
            }
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
