//! What a token response gave.

use crate::oauth::secret::{Secret, exposed};
use crate::oauth::template::Values;
use crate::oauth::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a server granted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tokens {
    #[serde(with = "exposed")]
    pub access_token: Secret,
    /// As the server wrote it; `Bearer` when it did not.
    pub token_type: String,
    pub received_at: Timestamp,
    /// `None`: the server did not say, so the token counts as valid until a resource says otherwise.
    pub expires_at: Option<Timestamp>,
    #[serde(with = "exposed::option")]
    pub refresh_token: Option<Secret>,
    pub refresh_expires_at: Option<Timestamp>,
    /// `None`: as requested (RFC 6749 §5.1).
    pub scope: Option<Vec<String>>,
    #[serde(with = "exposed::option")]
    pub id_token: Option<Secret>,
    /// `token.NAME` → value.
    pub captured: BTreeMap<String, String>,
    /// `token.NAME` → a further token of the same answer.
    #[serde(default, with = "exposed::map")]
    pub extra: BTreeMap<String, Secret>,
    #[serde(default)]
    pub stage: Stage,
}

/// How far tokens are on the way to what was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    #[default]
    Final,
    /// A second request still has to be made with them (the definition's `upgrade`).
    First,
}

impl Tokens {
    /// Every token in it.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let kept = self.refresh_token.iter().chain(&self.id_token).chain(self.extra.values());
        std::iter::once(&self.access_token).chain(kept)
    }

    /// Puts what was kept of the answer among the values of a request, as `{token.NAME}`.
    pub fn fill(&self, values: &mut Values) {
        self.captured.iter().for_each(|(name, value)| values.set(name, value));
        self.extra.iter().for_each(|(name, token)| values.set(name, token.expose()));
    }

    /// These tokens after a second request gave others: what its answer does not say stays.
    #[must_use]
    pub fn upgraded(self, answer: Tokens) -> Tokens {
        let (mut captured, mut extra) = (self.captured, self.extra);
        captured.extend(answer.captured);
        extra.extend(answer.extra);
        let kept = answer.refresh_token.is_none();
        Tokens {
            refresh_token: answer.refresh_token.or(self.refresh_token),
            refresh_expires_at: answer.refresh_expires_at.or(self.refresh_expires_at.filter(|_| kept)),
            scope: answer.scope.or(self.scope),
            id_token: answer.id_token.or(self.id_token),
            captured,
            extra,
            stage: Stage::Final,
            ..answer
        }
    }
}
