//! How mail programs show an access token to IMAP, POP and SMTP servers: the client's first message, in base64.

use super::secret::Secret;
use base64::{Engine, engine::general_purpose::STANDARD};

/// XOAUTH2, which Gmail and Outlook take.
pub fn xoauth2(user: &str, token: &Secret) -> Secret {
    encoded(format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose()))
}

/// OAUTHBEARER (RFC 7628 §3.1).
pub fn oauthbearer(user: &str, token: &Secret) -> Secret {
    // RFC 5801 §4: the two characters that mean something in the header before the message.
    let user = user.replace('=', "=3D").replace(',', "=2C");
    encoded(format!("n,a={user},\x01auth=Bearer {}\x01\x01", token.expose()))
}

fn encoded(message: String) -> Secret {
    Secret::new(STANDARD.encode(Secret::new(message).expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(message: Secret) -> String {
        String::from_utf8(STANDARD.decode(message.expose()).unwrap()).unwrap()
    }

    #[test]
    fn a_message_names_the_user_and_carries_the_token() {
        let token = Secret::new("t");
        assert_eq!(decoded(xoauth2("me@example.com", &token)), "user=me@example.com\x01auth=Bearer t\x01\x01");
        assert_eq!(decoded(oauthbearer("a=b,c", &token)), "n,a=a=3Db=2Cc,\x01auth=Bearer t\x01\x01");
    }
}
