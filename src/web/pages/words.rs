//! Numbers and names the way people and shells want them.

use crate::oauth::timestamp::Timestamp;

/// `expires in 52 min`, `expired 3 h ago`, or `does not expire`.
pub fn expiry(expires_at: Option<Timestamp>, now: Timestamp) -> String {
    match expires_at.map(|end| now.seconds_until(end)) {
        None => "does not expire".to_owned(),
        Some(left) if left > 0 => format!("expires in {}", duration(left)),
        Some(left) => format!("expired {} ago", duration(left.saturating_neg())),
    }
}

/// `3 min ago`.
pub fn ago(moment: Timestamp, now: Timestamp) -> String {
    match moment.seconds_until(now) {
        ..=0 => "just now".to_owned(),
        seconds => format!("{} ago", duration(seconds)),
    }
}

/// The two or three digits that matter: `45 s`, `52 min`, `7 h`, `12 days`.
pub fn duration(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// `250 ms`, `1.2 s`.
pub fn milliseconds(amount: u64) -> String {
    match amount {
        ..=999 => format!("{amount} ms"),
        _ => format!("{}.{} s", amount / 1000, amount % 1000 / 100),
    }
}

/// A message with a capital and a full stop.
pub fn sentence(message: &str) -> String {
    let mut letters = message.trim().chars();
    let Some(first) = letters.next() else { return String::new() };
    let mut text: String = first.to_uppercase().chain(letters).collect();
    if !text.ends_with(['.', '!', '?', ':']) {
        text.push('.');
    }
    text
}

/// At most `longest` characters, and a sign that there was more.
pub fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// All but RFC 3986's unreserved characters as `%XX`.
pub fn urlencode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut url, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
        url
    })
}

/// One word of a POSIX shell.
pub fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@:/%+=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_with_one_number() {
        let now = Timestamp(1_000_000);
        assert_eq!(expiry(Some(now + 3_120), now), "expires in 52 min");
        assert_eq!(expiry(Some(now - 10_800), now), "expired 3 h ago");
        assert_eq!(expiry(None, now), "does not expire");
        assert_eq!(ago(now - 300_000, now), "3 days ago");
        assert_eq!(ago(now + 5, now), "just now");
        assert_eq!((milliseconds(250), milliseconds(30_049)), ("250 ms".to_owned(), "30.0 s".to_owned()));
    }

    #[test]
    fn an_account_cannot_leave_its_word_in_a_shell() {
        assert_eq!(shell_word("mail@me@example.com"), "mail@me@example.com");
        assert_eq!(shell_word("mail@$(rm -rf ~)'"), r"'mail@$(rm -rf ~)'\'''");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn a_name_cannot_leave_its_segment_in_a_url() {
        assert_eq!(urlencode("a/b?c=d é"), "a%2Fb%3Fc%3Dd%20%C3%A9");
    }

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("the client ID is missing; write it"), "The client ID is missing; write it.");
        assert_eq!(sentence("`x` is there twice"), "`x` is there twice.");
    }
}
