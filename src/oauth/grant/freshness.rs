//! How long a token is still good.

use super::LEEWAY_S;
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::{Stage, Tokens};

/// The one answer to "may this token be handed out?"
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    Valid,
    /// Still valid, but less is left than was asked for.
    RefreshDue,
    Expired,
}

impl Tokens {
    /// Whether at least `least` seconds are left. A token that never lives that long counts as due after half its life,
    /// so that it is not refreshed at every single use.
    pub fn freshness(&self, now: Timestamp, least: i64) -> Freshness {
        let good = match self.stage {
            Stage::Final => Freshness::Valid,
            Stage::First => Freshness::RefreshDue,
        };
        let Some(expires_at) = self.expires_at else { return good };
        let left = now.seconds_until(expires_at);
        let lifetime = self.received_at.seconds_until(expires_at).max(0);
        let least = if least < lifetime { least } else { lifetime / 2 };
        match left {
            ..=0 => Freshness::Expired,
            left if left < least => Freshness::RefreshDue,
            // Received in the future: the clock was set back, and nobody knows how much is left.
            _ if self.received_at > now + LEEWAY_S => Freshness::RefreshDue,
            _ => good,
        }
    }
}
