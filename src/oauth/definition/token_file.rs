//! The file that always holds the current token.

use super::is_default;
use crate::oauth::name::Account;
use serde::{Deserialize, Serialize};

/// Stands for the account in the name of a token file.
pub const ACCOUNT: &str = "{account}";

/// Who logs in with a token, where a program insists on a name.
pub const DEFAULT_LOGIN: &str = "oauth2";

/// A file below the folder of token files (`OAUTHCLIENT_TOKEN_FILES_DIR`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenFile {
    /// Relative; without it there is no file. With `{account}` every account has one, without it the default account.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub format: TokenFormat,
    /// Who logs in, for netrc.
    #[serde(skip_serializing_if = "is_default_login")]
    pub login: String,
}

/// How a token is written for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// The token alone.
    #[default]
    Raw,
    /// What the HTTP API answers.
    Json,
    /// The header line, for `curl -H @FILE`.
    Header,
    /// A line for a shell.
    Env,
    /// A line that says which login and password a host takes.
    Netrc,
}

fn is_default_login(login: &str) -> bool {
    login == DEFAULT_LOGIN
}

impl Default for TokenFile {
    fn default() -> Self {
        Self { name: String::new(), format: TokenFormat::default(), login: DEFAULT_LOGIN.to_owned() }
    }
}

impl TokenFile {
    pub fn is_wanted(&self) -> bool {
        !self.name.is_empty()
    }

    pub fn is_for_every_account(&self) -> bool {
        self.name.contains(ACCOUNT)
    }

    /// The file of one account; `None`: it has none.
    pub fn name_for(&self, account: &Account) -> Option<String> {
        let has_one = self.is_wanted() && (self.is_for_every_account() || account.is_default());
        has_one.then(|| self.name.replace(ACCOUNT, &escaped(account)))
    }

    /// Whether the name stays below its folder and hides nothing: plain words, with `/` between them.
    pub(super) fn has_a_good_name(&self) -> bool {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._@+-".contains(&b);
        let is_word = |word: &str| !word.is_empty() && !word.starts_with('.') && word.bytes().all(plain);
        let name = self.name.replace(ACCOUNT, "a");
        name.len() <= 200 && name.split('/').all(is_word)
    }
}

/// The account as a part of a file's name: what is not plain is percent-encoded, and so is a dot that would hide the file
/// or lead out of the folder. No two accounts share one.
fn escaped(account: &Account) -> String {
    let mut escaped = String::new();
    for (at, byte) in account.as_str().bytes().enumerate() {
        match byte {
            b'.' if at == 0 => escaped.push_str("%2E"),
            _ if byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte) => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Whether a text can stand in a netrc file. Readers differ in what they make of quotes, so nothing may need them.
pub fn is_netrc_word(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('#') && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> TokenFile {
        TokenFile { name: name.to_owned(), ..TokenFile::default() }
    }

    #[test]
    fn a_name_never_leaves_its_folder() {
        for good in ["token", "music.netrc", "a/b/c", "{account}", "mail/{account}.json", "x-{account}"] {
            assert!(named(good).has_a_good_name(), "{good}");
        }
        for bad in [
            "/etc/passwd",
            "..",
            "a/../b",
            "a/..",
            ".netrc",
            "a/.b",
            "a//b",
            "a/",
            "/",
            "a b",
            "a\\b",
            "{user}",
            "é",
            "a\nb",
        ] {
            assert!(!named(bad).has_a_good_name(), "{bad}");
        }
        assert!(!named(&"a".repeat(201)).has_a_good_name());
    }

    #[test]
    fn each_account_has_a_file_of_its_own_or_only_the_default_one_has() {
        let name = |name: &str, account: &str| named(name).name_for(&account.parse().unwrap());
        assert_eq!(name("token", "default").as_deref(), Some("token"));
        assert_eq!(name("token", "anna"), None);
        assert_eq!(name("", "default"), None);
        assert_eq!(name("m/{account}.json", "default").as_deref(), Some("m/default.json"));
        assert_eq!(name("{account}", "me@example.com").as_deref(), Some("me@example.com"));
        for (account, file) in
            [("..", "%2E."), (".x", "%2Ex"), ("a/b", "a%2Fb"), ("a%2Fb", "a%252Fb"), ("é ü", "%C3%A9%20%C3%BC")]
        {
            assert_eq!(name("{account}", account).as_deref(), Some(file));
        }
    }
}
