//! rclone.conf: a section for each remote. Only some are OAuth clients, and only those with a client ID of their own are
//! ours to take over: the others use the one that rclone brings along.

use super::foreign::Foreign;
use super::settings::Settings;
use super::variables::Variables;
use super::{CarriedTokens, Export};
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use serde_json::Value;

const TOOL: &str = "rclone";

/// Where the servers of rclone's types are, and how it writes their scopes: it keeps neither in its file.
const SERVERS: &str = include_str!("rclone/servers.json");

/// Where rclone itself waits for the answer, so what is registered.
const REDIRECT_URI: &str = "http://127.0.0.1:53682/";

/// The rest is how rclone looks at the remote's content, which is nothing to a client.
const OURS: &[&str] = &["clientid", "clientsecret", "authurl", "tokenurl", "scope", "token"];

/// What is wrong with a file that is encrypted.
pub fn locked(text: &str) -> Option<&'static str> {
    text.contains("RCLONE_ENCRYPT_V0:").then_some(
        "this rclone.conf is encrypted; import what `rclone config show` prints: rclone config show | oauth-helper client import -",
    )
}

pub fn read(text: &str) -> Option<Export> {
    let sections = sections(text);
    if !sections.iter().any(|(_, pairs)| pairs.iter().any(|(key, _)| key == "type")) {
        return None;
    }
    let servers: Value = serde_json::from_str(SERVERS).unwrap_or_default();
    let found = sections.into_iter().filter_map(|(name, pairs)| client(name, pairs, &servers)).collect();
    Some(Export { tool: TOOL, found, variables: Variables::default(), environments: Vec::new() })
}

fn sections(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            sections.push((name.to_owned(), Vec::new()));
        } else if let (Some((key, value)), Some((_, pairs))) = (line.split_once('='), sections.last_mut()) {
            pairs.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    sections
}

/// A remote without a token is reached in another way.
fn client(name: String, pairs: Vec<(String, String)>, servers: &Value) -> Option<Foreign> {
    let value = |wanted: &str| pairs.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
    let (kind, token) = (value("type")?, value("token")?);
    let server = &servers[kind];
    let of_server = |field: &str| server[field].as_str().map(|text| (field.to_owned(), text.to_owned()));
    let defaults = ["auth_url", "token_url", "scope", "client_authentication"].into_iter().filter_map(of_server);
    let said = pairs.iter().filter(|(_, value)| !value.is_empty()).cloned();
    let settings: Settings = defaults.chain(said).collect();
    let mut settings = settings.only(&[OURS, &["clientauthentication"]].concat());
    settings = settings.with("redirect_uri", REDIRECT_URI);
    settings.rewrite("scope", |scope| spelled_out(scope, server));
    let mut foreign = Foreign { label: name, group: "rclone".to_owned(), settings, ..Foreign::default() };
    foreign.authorize = super::settings::rows(&server["authorize"]);
    if value("client_id").is_none_or(str::is_empty) {
        foreign.refused = Some(format!(
            "it uses the client that rclone brings along, whose tokens nobody else can refresh; register a client of your \
             own ({kind}) and add that"
        ));
    } else if server.is_null() && (value("auth_url").is_none() || value("token_url").is_none()) {
        foreign.refused =
            Some(format!("the server of rclone's type `{kind}` is not known here; `client add` takes its address"));
    }
    foreign.tokens = tokens(token);
    Some(foreign)
}

/// `drive,drive.file` with what the server wants before each.
fn spelled_out(scope: &str, server: &Value) -> String {
    let prefix = server["scope_prefix"].as_str().unwrap_or_default();
    let words = scope.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
    let full = words.map(|word| if word.contains("://") { word.to_owned() } else { format!("{prefix}{word}") });
    full.collect::<Vec<_>>().join(" ")
}

/// As Go's library writes it: a time without value is in the year 1.
fn tokens(text: &str) -> Option<CarriedTokens> {
    let json: Value = serde_json::from_str(text).ok()?;
    let secret = |name: &str| json[name].as_str().filter(|text| !text.is_empty()).map(Secret::new);
    Some(CarriedTokens {
        access_token: secret("access_token")?,
        refresh_token: secret("refresh_token"),
        expires_at: json["expiry"].as_str().and_then(Timestamp::parse_rfc3339).filter(|end| end.0 > 0),
    })
}
