//! The operator's way in: one token, single-use codes made from the command line, and browser sessions.

use super::Error;
use crate::app::App;
use crate::oauth::secret::{Secret, exposed};
use crate::oauth::timestamp::Timestamp;
use crate::store::{Kind, Put, Record};
use serde::{Deserialize, Serialize};

/// Seconds a login code can be used.
pub const CODE_LIFETIME_S: i64 = 600;
/// Seconds a session lives at most, and without use.
pub const SESSION_LIFETIME_S: i64 = 12 * 3600;
pub const SESSION_IDLE_S: i64 = 3600;
/// Seconds between two notes that a session is in use.
const SEEN_EVERY_S: i64 = 60;

#[derive(Debug, Serialize, Deserialize)]
struct LoginCode {
    created_at: Timestamp,
}

impl Record for LoginCode {
    const KIND: Kind = Kind::LoginCode;
}

/// A browser the operator logged in with. Its cookie holds a random text; the store knows that text's digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// What every form of this session carries.
    #[serde(with = "exposed")]
    pub csrf: Secret,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
}

impl Record for Session {
    const KIND: Kind = Kind::Session;
}

impl Session {
    fn ends_at(&self) -> Timestamp {
        (self.created_at + SESSION_LIFETIME_S).min(self.seen_at + SESSION_IDLE_S)
    }
}

/// Makes a code that logs in once within ten minutes.
pub async fn new_code(app: &App) -> Result<Secret, Error> {
    let code = app.random_text();
    let record = LoginCode { created_at: app.now() };
    app.store.put_until(&code, &record, 0, app.now() + CODE_LIFETIME_S).await?;
    Ok(Secret::new(code))
}

/// Whether a code was good. It is used up by asking.
pub async fn spend_code(app: &App, code: &str) -> Result<bool, Error> {
    Ok(app.store.take::<LoginCode>(code.trim()).await?.is_some())
}

/// Whether `text` is the operator's token.
pub fn is_operator_token(app: &App, text: &str) -> Result<bool, Error> {
    Ok(app.login_token()?.matches(text.trim()))
}

/// Opens a session; the text is for the cookie.
pub async fn open_session(app: &App) -> Result<(Secret, Session), Error> {
    let cookie = app.random_text();
    let now = app.now();
    let session = Session { csrf: Secret::new(app.random_text()), created_at: now, seen_at: now };
    app.store.put_until(&cookie, &session, 0, session.ends_at()).await?;
    Ok((Secret::new(cookie), session))
}

/// The session of a cookie, noted as in use.
pub async fn session(app: &App, cookie: &str) -> Result<Option<Session>, Error> {
    let Some(found) = app.store.get::<Session>(cookie).await? else { return Ok(None) };
    let (mut session, now) = (found.value, app.now());
    if session.ends_at() <= now {
        return Ok(None);
    }
    if session.seen_at.seconds_until(now) >= SEEN_EVERY_S {
        session.seen_at = now;
        // Another request noted it at the same moment: as good.
        let (Put::Stored(_) | Put::Conflict) =
            app.store.put_until(cookie, &session, found.version, session.ends_at()).await?;
    }
    Ok(Some(session))
}

pub async fn end_session(app: &App, cookie: &str) -> Result<(), Error> {
    app.store.delete(Kind::Session, cookie).await?;
    Ok(())
}
