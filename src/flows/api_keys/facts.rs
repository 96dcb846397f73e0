//! What may be told of a key: all but what it is opened with.

use super::{ApiKey, Verb};
use crate::oauth::name::ClientName;
use crate::oauth::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct KeyFacts {
    pub id: String,
    /// What it is for.
    pub label: String,
    /// The clients it may ask for; empty: all.
    #[cfg_attr(feature = "program", schema(value_type = Vec<String>))]
    pub clients: Vec<ClientName>,
    /// What it may do.
    #[cfg_attr(feature = "program", schema(value_type = Vec<String>))]
    pub verbs: Vec<Verb>,
    /// Unix seconds, as all times.
    #[cfg_attr(feature = "program", schema(value_type = i64))]
    pub created_at: Timestamp,
    /// `null`: it does not end by itself.
    #[cfg_attr(feature = "program", schema(value_type = Option<i64>))]
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    #[cfg_attr(feature = "program", schema(value_type = Option<i64>))]
    pub last_used_at: Option<Timestamp>,
    /// The id of the key that made it; `null`: the operator did.
    pub made_by: Option<String>,
}

impl From<&ApiKey> for KeyFacts {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id.clone(),
            label: key.label.clone(),
            clients: key.clients.clone(),
            verbs: key.verbs.clone(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            made_by: key.made_by.clone(),
        }
    }
}
