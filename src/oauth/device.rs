//! The device authorization grant (RFC 8628): a code that is typed on another device, and asking until it was.

use super::definition::overlay::look_up;
use super::secret::{Secret, exposed};
use super::timestamp::Timestamp;
use super::token_response::ErrorAnswer;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// Seconds between two requests when the server does not say (§3.2), and what `slow_down` adds (§3.5).
const INTERVAL_S: i64 = 5;
/// No pause between two requests grows longer.
const LONGEST_PAUSE_S: i64 = 60;
/// Seconds a code lives: when the server does not say (it must), and at most.
const LIFETIME_S: i64 = 600;
const LONGEST_LIFETIME_S: i64 = 3_600;
/// More characters than any code has that a person is to type.
const LONGEST_CODE: usize = 64;

/// The device authorization response (§3.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceAuthorization {
    #[serde(with = "exposed")]
    pub device_code: Secret,
    /// What the person types.
    pub user_code: String,
    /// Where; http or https.
    pub verification_uri: Url,
    /// The same with the code in it.
    pub verification_uri_complete: Option<Url>,
    pub polling: Polling,
}

/// How the token endpoint is asked from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polling {
    /// Seconds to wait before each request.
    pub interval: i64,
    pub expires_at: Timestamp,
}

/// What one request came to, when it brought no token.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    Refused(&'a ErrorAnswer),
    /// No answer, or none of the protocol.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait for the interval and ask again.
    Ask(Polling),
    /// Nobody typed the code in time.
    Expired,
    /// The server said no: a person declined, or the request is wrong.
    Refused,
}

/// What is missing in a device authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDeviceAuthorization {
    #[error("it is not a JSON object")]
    NotJson,
    #[error("it holds no device_code")]
    NoDeviceCode,
    #[error("it holds no user_code that could be typed")]
    NoUserCode,
    #[error("its verification_uri is not an http or https URL")]
    NoVerificationUri,
}

impl DeviceAuthorization {
    /// Reads a response, with the spelling `verification_url` of servers older than the RFC.
    pub fn read(body: &[u8], now: Timestamp) -> Result<Self, BadDeviceAuthorization> {
        let json: Value = serde_json::from_slice(body).map_err(|_| BadDeviceAuthorization::NotJson)?;
        let text = |names: [&str; 2]| names.into_iter().find_map(|name| look_up(&json, name)?.as_str());
        let seconds = |name: &str| look_up(&json, name).and_then(number).filter(|seconds| *seconds > 0);
        let user_code = text(["user_code", "usercode"]).map(str::trim).filter(|code| is_typed(code));
        let complete = text(["verification_uri_complete", "verification_url_complete"]).and_then(web_url);
        let lifetime = seconds("expires_in").unwrap_or(LIFETIME_S).min(LONGEST_LIFETIME_S);
        Ok(Self {
            device_code: text(["device_code", "device_code"])
                .filter(|code| !code.is_empty())
                .map(Secret::new)
                .ok_or(BadDeviceAuthorization::NoDeviceCode)?,
            user_code: user_code.ok_or(BadDeviceAuthorization::NoUserCode)?.to_owned(),
            verification_uri: text(["verification_uri", "verification_url"])
                .and_then(web_url)
                .ok_or(BadDeviceAuthorization::NoVerificationUri)?,
            verification_uri_complete: complete,
            polling: Polling {
                interval: seconds("interval").unwrap_or(INTERVAL_S).min(LONGEST_PAUSE_S),
                expires_at: now + lifetime,
            },
        })
    }

    /// What a camera reads: the address, with the code in it where the server gives one.
    pub fn address(&self) -> &Url {
        self.verification_uri_complete.as_ref().unwrap_or(&self.verification_uri)
    }
}

impl Polling {
    /// The decision after a request that brought no token (§3.5).
    pub fn after(self, heard: Heard<'_>, now: Timestamp) -> Next {
        let interval = match heard {
            Heard::Refused(answer) => match answer.error.as_deref() {
                Some("authorization_pending") => self.interval,
                Some("slow_down") => self.interval + INTERVAL_S,
                Some("expired_token") => return Next::Expired,
                _ if answer.status == 429 || answer.status >= 500 => self.interval * 2,
                _ => return Next::Refused,
            },
            Heard::Nothing => self.interval * 2,
        };
        let next = Polling { interval: interval.min(LONGEST_PAUSE_S), ..self };
        if now + next.interval < self.expires_at { Next::Ask(next) } else { Next::Expired }
    }
}

/// A person reads it off a page or a terminal, so it holds nothing that could act there.
fn is_typed(code: &str) -> bool {
    !code.is_empty() && code.chars().count() <= LONGEST_CODE && !code.chars().any(char::is_control)
}

fn web_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64)).or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_000);
    const POLLING: Polling = Polling { interval: 5, expires_at: Timestamp(1_600) };

    fn read(changes: Value) -> Result<DeviceAuthorization, BadDeviceAuthorization> {
        let mut json = json!({"device_code": "D", "user_code": "AB-CD", "verification_uri": "https://as.example/device",
            "verification_uri_complete": "https://as.example/device?c=AB-CD", "expires_in": 300, "interval": 7});
        for (name, value) in changes.as_object().unwrap() {
            json[name] = value.clone();
        }
        DeviceAuthorization::read(json.to_string().as_bytes(), NOW)
    }

    fn refused(status: u16, error: &str) -> ErrorAnswer {
        ErrorAnswer::new(status, Some(error.to_owned()), None, None)
    }

    fn after(error: &str) -> Next {
        POLLING.after(Heard::Refused(&refused(400, error)), NOW)
    }

    #[test]
    fn an_answer_is_read_with_the_rfcs_defaults() {
        let full = read(json!({})).unwrap();
        assert_eq!(full.polling, Polling { interval: 7, expires_at: NOW + 300 });
        assert_eq!(full.address().as_str(), "https://as.example/device?c=AB-CD");
        let small = read(json!({"interval": null, "verification_uri_complete": null, "expires_in": "60"})).unwrap();
        assert_eq!(small.polling, Polling { interval: 5, expires_at: NOW + 60 });
        assert_eq!(small.address().as_str(), "https://as.example/device");
    }

    #[test]
    fn an_older_server_says_verification_url() {
        let old = read(json!({"verification_uri": null, "verification_url": "https://www.google.com/device"})).unwrap();
        assert_eq!(old.verification_uri.as_str(), "https://www.google.com/device");
    }

    #[test]
    fn only_web_addresses_and_plain_codes_are_shown() {
        for bad in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/device", ""] {
            assert_eq!(read(json!({"verification_uri": bad})).unwrap_err(), BadDeviceAuthorization::NoVerificationUri);
            assert!(read(json!({"verification_uri_complete": bad})).unwrap().verification_uri_complete.is_none());
        }
        for bad in ["", "\u{1b}[2J", &"A".repeat(65)] {
            assert_eq!(read(json!({"user_code": bad})).unwrap_err(), BadDeviceAuthorization::NoUserCode);
        }
        assert_eq!(read(json!({"device_code": ""})).unwrap_err(), BadDeviceAuthorization::NoDeviceCode);
    }

    #[test]
    fn pending_keeps_the_pace_and_slow_down_adds_five_seconds() {
        assert_eq!(after("authorization_pending"), Next::Ask(POLLING));
        assert_eq!(after("slow_down"), Next::Ask(Polling { interval: 10, ..POLLING }));
    }

    #[test]
    fn a_server_that_is_not_well_is_asked_less_and_less() {
        let slower = Next::Ask(Polling { interval: 10, ..POLLING });
        assert_eq!(POLLING.after(Heard::Nothing, NOW), slower);
        assert_eq!(POLLING.after(Heard::Refused(&refused(503, "server_error")), NOW), slower);
        let slowest = Polling { interval: 60, ..POLLING };
        assert_eq!(slowest.after(Heard::Nothing, NOW), Next::Ask(slowest));
    }

    #[test]
    fn it_ends_when_the_code_expired_or_somebody_declined() {
        assert_eq!(after("expired_token"), Next::Expired);
        assert_eq!(POLLING.after(Heard::Refused(&refused(400, "authorization_pending")), NOW + 595), Next::Expired);
        assert_eq!(POLLING.after(Heard::Nothing, NOW + 600), Next::Expired);
        assert_eq!(after("access_denied"), Next::Refused);
        assert_eq!(after("invalid_grant"), Next::Refused);
    }
}
