//! A thousand grants with short-lived tokens, three instances on one Redis, and everything that can fail failing.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use oauth_client_helper::app::App;
use oauth_client_helper::flows::{password, status};
use oauth_client_helper::oauth::definition::Definition;
use oauth_client_helper::oauth::grant::GrantState;
use oauth_client_helper::oauth::name::GrantName;
use oauth_client_helper::oauth::secret::Secret;
use oauth_client_helper::settings::{Settings, Surroundings};
use serde_json::json;

use crate::rotating_server::{Counts, Faults, Manners, RotatingServer};
use crate::support::{Backend, Program, Redis, Server, http};

const LIFETIME_S: u64 = 60;
const READERS: usize = 8;
/// How long each fault of Redis lasts.
const OUTAGE: Duration = Duration::from_secs(4);
const FAULTS: Faults = Faults { unavailable: 20, throttled: 10, slow: 5, dropped: 10, lost: 5 };

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub grants: usize,
    pub seconds: u64,
    pub server: Counts,
    pub asked: u64,
    /// Answers of the API other than a token.
    pub unanswered: u64,
    /// Tokens handed out whose grant the server had ended.
    pub stale: u64,
    /// Grants that need a person although no person did anything.
    pub lost: usize,
    /// Resident memory of each instance in KiB, after the first quarter and at the end.
    pub memory: Vec<(u64, u64)>,
}

pub async fn run(grants: usize, seconds: u64) -> Outcome {
    let manners = Manners { lifetime_s: LIFETIME_S, grace: true, faults: Faults::default(), pause_ms: (5, 5) };
    let server = RotatingServer::start(manners, 11).await;
    let mut redis = Redis::start().await;
    let programs: Vec<Program> =
        (0..3).map(|_| Program::new(Backend::Redis(&redis)).with("OAUTH__TOKEN_CACHE", "redis")).collect();
    let app = open(&redis, programs[0].home()).await;
    prepare(&app, &server, grants).await;
    let key = programs[0].run(["api-key", "create", "soak", "--client", "music"]).await.done().out();
    let mut instances: Vec<Server> = Vec::new();
    for program in &programs {
        instances.push(program.serve().await);
    }
    server.set(|manners| manners.faults = FAULTS);
    let (asked, unanswered, stale) = (Arc::default(), Arc::default(), Arc::default());
    let end = Instant::now() + Duration::from_secs(seconds);
    for number in 0..READERS {
        let url = programs[number % programs.len()].url("/api/v1/clients/music/token");
        let reader = Reader { url, key: key.clone(), server: server.clone(), grants, number };
        tokio::spawn(reader.read(end, Arc::clone(&asked), Arc::clone(&unanswered), Arc::clone(&stale)));
    }
    // The last two parts are for the instances to be as they were.
    let part = Duration::from_secs(seconds) / 8;
    tokio::time::sleep(part).await;
    let early: Vec<u64> = instances.iter().map(resident).collect();
    redis.freeze();
    tokio::time::sleep(OUTAGE).await;
    redis.thaw();
    tokio::time::sleep(part).await;
    redis.fill().await;
    tokio::time::sleep(OUTAGE).await;
    redis.drain().await;
    tokio::time::sleep(part).await;
    redis.demote().await;
    tokio::time::sleep(OUTAGE).await;
    redis.promote().await;
    tokio::time::sleep(part).await;
    redis.stop().await;
    tokio::time::sleep(OUTAGE).await;
    redis.start_again().await;
    tokio::time::sleep(part).await;
    // One instance dies in the middle of whatever it does; another takes its place.
    instances.pop().expect("three").kill();
    instances.push(programs[2].serve().await);
    tokio::time::sleep(end.saturating_duration_since(Instant::now())).await;
    let late: Vec<u64> = instances.iter().map(resident).collect();
    server.set(|manners| manners.faults = Faults::default());
    let lost = settled(&app).await;
    let read = |count: &Arc<AtomicU64>| count.load(Ordering::Relaxed);
    Outcome {
        grants,
        seconds,
        server: server.counts(),
        asked: read(&asked),
        unanswered: read(&unanswered),
        stale: read(&stale),
        lost,
        // The third was started anew.
        memory: early.into_iter().zip(late).take(2).collect(),
    }
}

async fn open(redis: &Redis, home: &std::path::Path) -> App {
    let home_text = home.display().to_string();
    let url = redis.url();
    let variables = [
        ("HOME", home_text.as_str()),
        ("OAUTHCLIENT_MESSAGE_QUEUE__URL", url.as_str()),
        ("OAUTHCLIENT_ENCRYPTION__KEY", Program::ENCRYPTION_KEY),
        ("OAUTHCLIENT_OAUTH__TOKEN_CACHE", "redis"),
    ];
    let settings = Settings::resolve(&Surroundings::of(home, variables)).expect("sound settings");
    App::open(settings).await.expect("Redis is there")
}

async fn prepare(app: &App, server: &RotatingServer, grants: usize) {
    let definition = json!({"grant": "password", "client_id": "id", "token": {"url": server.url(), "auth": "none"}});
    let definition = Definition::from_json(definition).expect("a sound definition");
    app.registry.create("music".parse().expect("a name"), definition).await.expect("it is new");
    for number in 0..grants {
        let name: GrantName = format!("music@{number}").parse().expect("a name");
        let password = Secret::new("password");
        password::redeem(app, &name, &number.to_string(), &password).await.expect("the server agrees");
    }
}

struct Reader {
    url: String,
    key: String,
    server: RotatingServer,
    grants: usize,
    number: usize,
}

impl Reader {
    async fn read(self, end: Instant, asked: Arc<AtomicU64>, unanswered: Arc<AtomicU64>, stale: Arc<AtomicU64>) {
        let http = http();
        let mut account = self.number;
        while Instant::now() < end {
            account = (account * 31 + 17) % self.grants;
            let url = format!("{}?account={account}&min_valid=5", self.url);
            asked.fetch_add(1, Ordering::Relaxed);
            let answer = match http.get(url).bearer_auth(&self.key).send().await {
                Ok(answer) if answer.status() == 200 => answer.text().await.ok(),
                _ => None,
            };
            let answer: serde_json::Value =
                answer.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            match answer["access_token"].as_str() {
                None => {
                    unanswered.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Some(token) if !self.server.knows(token) => drop(stale.fetch_add(1, Ordering::Relaxed)),
                Some(_) => {}
            }
        }
    }
}

/// How many grants still need a person once all that can recover has had the time to.
async fn settled(app: &App) -> usize {
    let limit = Instant::now() + Duration::from_secs(2 * LIFETIME_S);
    loop {
        let states = status::all(app).await.map(|all| all.iter().map(|line| line.state).collect::<Vec<_>>());
        let states = states.unwrap_or_default();
        let of = |wanted: GrantState| states.iter().filter(|state| **state == wanted).count();
        let ok = of(GrantState::Ok) + of(GrantState::Expiring) + of(GrantState::Refreshing);
        if (!states.is_empty() && ok == states.len()) || Instant::now() > limit {
            return states.len() - ok;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn resident(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process().id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
