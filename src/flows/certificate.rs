//! Telling that the certificate of this program needs a person.

use super::{Error, events};
use crate::app::App;
use crate::oauth::event::{Event, EventKind};
use crate::oauth::timestamp::Timestamp;
use crate::store::{Kind, Put, Record};
use serde::{Deserialize, Serialize};

const DAY_S: i64 = 24 * 3600;
/// How many days before its end a certificate is told of, each once.
const WARNINGS_D: [i64; 3] = [14, 3, 0];

/// That it was told: of several instances one does, and after a restart none.
#[derive(Debug, Serialize, Deserialize)]
struct Warned {
    at: Timestamp,
}

impl Record for Warned {
    const KIND: Kind = Kind::CertificateWarning;
}

/// Tells that the certificate with this fingerprint ends soon, once for each warning.
pub async fn ends(app: &App, fingerprint: &str, ends_at: Timestamp) -> Result<(), Error> {
    let now = app.now();
    let Some(days) = warning(now.seconds_until(ends_at)) else { return Ok(()) };
    let id = format!("{fingerprint} {days}");
    let until = ends_at.max(now) + WARNINGS_D[0] * DAY_S;
    if let Put::Stored(_) = app.store.put_until(&id, &Warned { at: now }, 0, until).await? {
        let verb = if days == 0 { "ended" } else { "ends" };
        let why = format!("it {verb} at {}; replace its files, without a restart", ends_at.rfc3339());
        let event = Event { expires_at: Some(ends_at), ..Event::new(EventKind::CertificateEnding, now) };
        events::tell(app, event.because(why)).await;
    }
    Ok(())
}

/// The most urgent warning that is due, in days.
fn warning(left_s: i64) -> Option<i64> {
    WARNINGS_D.into_iter().rfind(|days| left_s <= days * DAY_S)
}

/// Tells that new files are there which cannot be served. `why` names them and holds nothing of what is in them.
pub async fn unusable(app: &App, why: &str) {
    let event = Event::new(EventKind::CertificateEnding, app.now());
    events::tell(app, event.because(format!("the new one cannot be used, and the one before stays: {why}"))).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_of_two_weeks_and_three_days_before_its_end_and_after_it() {
        let days = |days: i64| warning(days * DAY_S);
        assert_eq!([15, 14, 4, 3, 1, 0, -9].map(days), [None, Some(14), Some(14), Some(3), Some(3), Some(0), Some(0)]);
    }
}
