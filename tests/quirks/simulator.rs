//! An authorization server whose manners are data: it plays one real server's deviation, is as strict as that server,
//! and notes every violation.

use crate::proofs::{Assertion, Signature};
use base64::{Engine, engine::general_purpose::STANDARD};
use rocket::data::ToByteUnit;
use rocket::http::{ContentType, Status};
use rocket::{Data, Request, State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use url::Url;

pub type Pairs = BTreeMap<String, String>;

/// What the server wants of the authorization request, and how it comes back.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authorization {
    pub path: Option<String>,
    /// The fragment's route, where the parameters are behind `#`.
    pub route: Option<String>,
    /// Exactly these; `*` stands for any text.
    pub query: Pairs,
    /// A piece of the URL as it must stand there, not decoded.
    pub literally: Option<String>,
    /// What comes back; `{state}` is what was sent.
    pub callback: Pairs,
    /// `POST`: the browser posts it.
    pub method: Option<String>,
}

/// One request that the server expects, and its answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    #[serde(default = "post")]
    pub method: String,
    #[serde(default = "token")]
    pub path: String,
    /// `form`, `json` or `query`.
    #[serde(default = "form")]
    pub body: String,
    /// Exactly these; `*` stands for any text.
    pub params: Pairs,
    /// The decoded halves of HTTP Basic, `user:password`; absent: none may be sent.
    #[serde(default)]
    pub basic: Option<String>,
    #[serde(default)]
    pub headers: Pairs,
    /// What stands in the URL's query beside a body.
    #[serde(default)]
    pub query: Pairs,
    pub signature: Option<Signature>,
    pub assertion: Option<Assertion>,
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default = "json")]
    pub content_type: String,
    pub answer: Value,
}

fn post() -> String {
    "POST".to_owned()
}

fn token() -> String {
    "/token".to_owned()
}

fn form() -> String {
    "form".to_owned()
}

fn json() -> String {
    "application/json".to_owned()
}

fn ok() -> u16 {
    200
}

/// The server of one row.
#[derive(Clone, Default)]
pub struct Simulator(Arc<Mutex<Play>>);

#[derive(Default)]
struct Play {
    script: Vec<Exchange>,
    next: usize,
    challenge: Option<String>,
    violations: Vec<String>,
}

impl Simulator {
    /// What will be asked, in this order.
    pub fn expect(&self, script: Vec<Exchange>) {
        self.0.lock().unwrap().script = script;
    }

    /// Everything that was wrong, and what was expected but never came.
    pub fn violations(&self) -> Vec<String> {
        let play = self.0.lock().unwrap();
        let missing = play.script[play.next..].iter().map(|exchange| format!("{} never came", exchange.path));
        play.violations.iter().cloned().chain(missing).collect()
    }

    /// Judges the URL that the browser would open, and gives the parameters of the callback.
    pub fn authorize(&self, url: &Url, wanted: &Authorization) -> Vec<(String, String)> {
        let mut play = self.0.lock().unwrap();
        let path = wanted.path.as_deref().unwrap_or("/authorize");
        play.expect("path of the authorization request", path, url.path());
        let sent = match (&wanted.route, url.fragment()) {
            (None, _) => url.query().unwrap_or_default(),
            (Some(route), fragment) => {
                let (at, query) = fragment.unwrap_or_default().split_once('?').unwrap_or_default();
                play.expect("route", route, at);
                query
            }
        };
        let sent: Pairs = url::form_urlencoded::parse(sent.as_bytes()).into_owned().collect();
        play.compare("authorization request", &wanted.query, &sent);
        if let Some(piece) = &wanted.literally
            && !url.as_str().contains(piece)
        {
            play.violations.push(format!("{url} does not hold {piece}"));
        }
        play.challenge = sent.get("code_challenge").cloned();
        let state = wanted.query.iter().find(|(_, value)| *value == "{state}").map(|(name, _)| sent[name].clone());
        let fill = |text: &String| text.replace("{state}", state.as_deref().unwrap_or_default());
        wanted.callback.iter().map(|(name, value)| (name.clone(), fill(value))).collect()
    }
}

impl Play {
    fn expect(&mut self, what: &str, wanted: &str, got: &str) {
        if wanted != got {
            self.violations.push(format!("{what}: wanted `{wanted}`, got `{got}`"));
        }
    }

    fn compare(&mut self, what: &str, wanted: &Pairs, got: &Pairs) {
        for (name, value) in wanted {
            match got.get(name) {
                None => self.violations.push(format!("{what}: `{name}` is missing")),
                Some(got) if value == "*" || value == "{state}" => {
                    if got.is_empty() {
                        self.violations.push(format!("{what}: `{name}` is empty"));
                    }
                }
                Some(got) => self.expect(&format!("{what}, `{name}`"), value, got),
            }
        }
        for name in got.keys().filter(|name| !wanted.contains_key(*name)) {
            self.violations.push(format!("{what}: `{name}` is not known here"));
        }
    }

    fn verify(&mut self, params: &Pairs) {
        let (Some(challenge), Some(verifier)) = (self.challenge.take(), params.get("code_verifier")) else { return };
        let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        if challenge != digest && challenge != *verifier {
            self.violations.push("the code verifier does not fit the challenge".to_owned());
        }
    }

    fn answer(&mut self, request: &Seen) -> (Status, (ContentType, String)) {
        let Some(wanted) = self.script.get(self.next).cloned() else {
            self.violations.push(format!("one request too many: {} {}", request.method, request.path));
            return (Status::BadRequest, (ContentType::JSON, "{}".to_owned()));
        };
        self.next += 1;
        self.expect("method", &wanted.method, &request.method);
        self.expect("path", &wanted.path, &request.path);
        let (params, other) = match wanted.body.as_str() {
            "query" => (&request.query, request.body.clone()),
            _ => (&request.body, Pairs::new()),
        };
        self.compare("parameters", &wanted.params, params);
        if wanted.body != "query" {
            self.compare("query", &wanted.query, &request.query);
        }
        self.violations.extend(wanted.signature.iter().filter_map(|signature| signature.violation(request)));
        self.violations.extend(wanted.assertion.iter().flat_map(|assertion| assertion.violations(params)));
        if !other.is_empty() {
            self.violations.push(format!("parameters in the wrong place: {:?}", other.keys()));
        }
        if wanted.body != "query" {
            self.expect("body", &wanted.body, request.format);
        }
        self.verify(params);
        self.expect("HTTP Basic", wanted.basic.as_deref().unwrap_or_default(), &request.basic);
        for (name, value) in &wanted.headers {
            let got = request.headers.get(&name.to_ascii_lowercase()).cloned().unwrap_or_default();
            if value != "*" || got.is_empty() {
                self.expect(name, value, &got);
            }
        }
        let body = match &wanted.answer {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        let kind = ContentType::parse_flexible(&wanted.content_type).unwrap();
        (Status::new(wanted.status), (kind, body))
    }
}

/// A request as it arrived.
pub struct Seen {
    method: String,
    pub path: String,
    query: Pairs,
    body: Pairs,
    pub text: String,
    format: &'static str,
    basic: String,
    headers: Pairs,
}

impl Seen {
    /// `params` are in the body, or in the query where there is none.
    pub fn part(&self, name: &str) -> &Pairs {
        match name {
            "params" if !self.text.is_empty() => &self.body,
            "params" | "query" => &self.query,
            "headers" => &self.headers,
            other => panic!("a request has no {other}"),
        }
    }

    async fn read(request: &Origin, data: Data<'_>) -> Self {
        let text = data.open(64.kibibytes()).into_string().await.unwrap().into_inner();
        let json = serde_json::from_str::<Map<String, Value>>(&text).ok();
        let (format, body) = match json {
            Some(fields) => ("json", fields.into_iter().map(|(name, value)| (name, plain(value))).collect()),
            None => ("form", url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()),
        };
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            body,
            text,
            format,
            basic: basic(&request.headers),
            headers: request.headers.clone(),
        }
    }
}

fn basic(headers: &Pairs) -> String {
    let encoded = headers.get("authorization").and_then(|header| header.strip_prefix("Basic "));
    let decoded = encoded.map(|text| STANDARD.decode(text).unwrap_or_default()).unwrap_or_default();
    String::from_utf8_lossy(&decoded).into_owned()
}

fn plain(value: Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Where a request goes and what it carries besides its body.
pub struct Origin {
    method: String,
    path: String,
    query: Pairs,
    headers: Pairs,
}

#[rocket::async_trait]
impl<'r> rocket::request::FromRequest<'r> for Origin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> rocket::request::Outcome<Self, ()> {
        let query = request.uri().query().map(|query| query.as_str()).unwrap_or_default();
        rocket::outcome::Outcome::Success(Origin {
            method: request.method().to_string(),
            path: request.uri().path().to_string(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: request
                .headers()
                .iter()
                .map(|h| (h.name.as_str().to_ascii_lowercase(), h.value.into_owned()))
                .collect(),
        })
    }
}

#[rocket::post("/<_..>", data = "<data>")]
pub async fn post_any(play: &State<Simulator>, origin: Origin, data: Data<'_>) -> (Status, (ContentType, String)) {
    let seen = Seen::read(&origin, data).await;
    play.0.lock().unwrap().answer(&seen)
}

#[rocket::get("/<_..>")]
pub async fn get_any(play: &State<Simulator>, origin: Origin) -> (Status, (ContentType, String)) {
    let Origin { method, path, query, headers } = origin;
    let (body, text, basic) = (Pairs::new(), String::new(), basic(&headers));
    let seen = Seen { method, path, query, body, text, format: "query", basic, headers };
    play.0.lock().unwrap().answer(&seen)
}
