//! A token as programs take it, from standard output or from a file: each format once.

use super::attachment::Attachment;
use super::token_answer::TokenAnswer;
use crate::oauth::definition::{TokenFormat, TokenPlace, is_netrc_word};
use crate::oauth::secret::Secret;
use serde_json::Value;
use std::fmt::Display;

/// Why a token cannot be written so. The message names the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWritable {
    #[error(
        "the API of `{client}` takes the token in the query parameter `{parameter}`, not in a header; \
         `oauth-helper curl {client} -- URL` attaches it there"
    )]
    NoHeader { client: String, parameter: String },
    #[error("netrc names a host, and the definition of `{0}` has none: write api.base_url")]
    NoHost(String),
    #[error("netrc has no way to write the login or the token of `{0}`; choose another format")]
    NoWord(String),
    #[error("the token of `{0}` cannot be written as JSON")]
    NoJson(String),
}

/// A token and how it is carried.
#[derive(Debug)]
pub struct Whole<'a> {
    pub answer: &'a TokenAnswer,
    pub attachment: &'a Attachment,
    pub login: &'a str,
}

impl Whole<'_> {
    /// The content of a file. The token alone has no line end; JSON does not say how long it is good, for that would be
    /// wrong a second later, only until when.
    pub fn in_file(&self, format: TokenFormat) -> Result<Secret, NotWritable> {
        match format {
            TokenFormat::Raw => Ok(self.answer.access_token.clone()),
            TokenFormat::Json => self.json().map(|text| line(&text)),
            TokenFormat::Header => header(&self.answer.client, self.attachment).map(|text| line(&text)),
            TokenFormat::Env => Ok(line(&variable(self.answer))),
            TokenFormat::Netrc => netrc(self.answer, self.attachment, self.login).map(|text| line(&text)),
        }
    }

    fn json(&self) -> Result<Secret, NotWritable> {
        let failed = |_| NotWritable::NoJson(self.answer.client.to_string());
        let mut json = serde_json::to_value(self.answer).map_err(failed)?;
        json.as_object_mut().and_then(|members| members.remove("expires_in"));
        pretty(&json).map_err(failed)
    }
}

fn pretty(json: &Value) -> Result<Secret, serde_json::Error> {
    serde_json::to_string_pretty(json).map(Secret::new)
}

fn line(text: &Secret) -> Secret {
    Secret::new(format!("{}\n", text.expose()))
}

/// A line for a shell.
pub fn variable(answer: &TokenAnswer) -> Secret {
    Secret::new(format!("ACCESS_TOKEN='{}'", answer.access_token.expose().replace('\'', r"'\''")))
}

/// The header line that carries the token of a client, or of one of its accounts.
pub fn header(name: impl Display, attachment: &Attachment) -> Result<Secret, NotWritable> {
    let parameter = || attachment.token.name.clone();
    match attachment.token_in {
        TokenPlace::Header => Ok(attachment.token.line()),
        TokenPlace::Query => Err(NotWritable::NoHeader { client: name.to_string(), parameter: parameter() }),
    }
}

/// A line of netrc(5), as curl, git and many libraries read it. The token is the password.
pub fn netrc(answer: &TokenAnswer, attachment: &Attachment, login: &str) -> Result<Secret, NotWritable> {
    let (client, token) = (answer.client.to_string(), answer.access_token.expose());
    let Some(host) = &attachment.host else { return Err(NotWritable::NoHost(client)) };
    if ![login, token].into_iter().all(is_netrc_word) {
        return Err(NotWritable::NoWord(client));
    }
    Ok(Secret::new(format!("machine {host} login {login} password {token}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::attachment::Carried;
    use crate::oauth::timestamp::Timestamp;

    fn answer(token: &str) -> TokenAnswer {
        TokenAnswer {
            access_token: Secret::new(token),
            token_type: "Bearer".to_owned(),
            expires_at: Some(Timestamp(2000)),
            expires_in: Some(1000),
            scope: "read".to_owned(),
            client: "music".parse().unwrap(),
            account: "default".parse().unwrap(),
        }
    }

    fn attachment(token_in: TokenPlace) -> Attachment {
        let token = Carried { name: "Authorization".to_owned(), value: Secret::new("Bearer t'k") };
        Attachment { token_in, token, headers: Vec::new(), host: Some("api.example.com".to_owned()) }
    }

    fn written(token: &str, format: TokenFormat) -> Result<String, NotWritable> {
        let whole = Whole { answer: &answer(token), attachment: &attachment(TokenPlace::Header), login: "oauth2" };
        whole.in_file(format).map(|text| text.expose().to_owned())
    }

    #[test]
    fn each_format_is_what_its_readers_expect() {
        assert_eq!(written("t'k", TokenFormat::Raw).unwrap(), "t'k");
        assert_eq!(written("t'k", TokenFormat::Header).unwrap(), "Authorization: Bearer t'k\n");
        assert_eq!(written("t'k", TokenFormat::Env).unwrap(), "ACCESS_TOKEN='t'\\''k'\n");
        let line = "machine api.example.com login oauth2 password t'k\n";
        assert_eq!(written("t'k", TokenFormat::Netrc).unwrap(), line);
        let json: Value = serde_json::from_str(&written("t'k", TokenFormat::Json).unwrap()).unwrap();
        assert_eq!((&json["access_token"], &json["expires_at"]), (&Value::from("t'k"), &Value::from(2000)));
        assert!(json.get("expires_in").is_none(), "it would be wrong a second later");
    }

    #[test]
    fn what_a_format_cannot_say_is_refused() {
        for token in ["a b", "a\"b", "a\\b", "#a", "a\nb", ""] {
            assert_eq!(written(token, TokenFormat::Netrc), Err(NotWritable::NoWord("music".to_owned())), "{token:?}");
        }
        assert!(header("music", &attachment(TokenPlace::Query)).is_err());
        let nowhere = Attachment { host: None, ..attachment(TokenPlace::Header) };
        assert_eq!(netrc(&answer("t"), &nowhere, "x").unwrap_err(), NotWritable::NoHost("music".to_owned()));
    }
}
