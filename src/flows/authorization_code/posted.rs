//! An authorization response that came as a posted form (OAuth 2.0 Form Post Response Mode), kept until the browser
//! asks with its cookie.

use crate::app::App;
use crate::flows::Error;
use crate::flows::authorization_code::BadCallback;
use crate::oauth::authorization_response::AuthorizationResponse;
use crate::oauth::definition::CallbackMethod;
use crate::store::{Kind, Record};
use serde::{Deserialize, Serialize};

/// Names a kept response in the callback's query.
pub const PARAMETER: &str = "posted";

const KEPT_FOR_S: i64 = 60;

type Pairs = Vec<(String, String)>;

#[derive(Serialize, Deserialize)]
struct Posted(Pairs);

impl Record for Posted {
    const KIND: Kind = Kind::PostedResponse;
}

/// Keeps a response that could be one. Anything else is refused at once, so that the store does not fill with it.
pub async fn keep(app: &App, pairs: Pairs) -> Result<String, Error> {
    let response = AuthorizationResponse::from_pairs(pairs.clone()).map_err(BadCallback::from)?;
    if !super::is_awaited(app, &response).await? {
        return Err(BadCallback::Unknown.into());
    }
    let id = app.random_text();
    app.store.put_until(&id, &Posted(pairs), 0, app.now() + KEPT_FOR_S).await?;
    Ok(id)
}

/// The kept response that a query names, or else the query itself; and how it came.
pub async fn collect(app: &App, query: Pairs) -> Result<(Pairs, CallbackMethod), Error> {
    match query.as_slice() {
        [(name, id)] if name == PARAMETER => {
            let Posted(pairs) = app.store.take::<Posted>(id).await?.ok_or(BadCallback::Unknown)?;
            Ok((pairs, CallbackMethod::Post))
        }
        _ => Ok((query, CallbackMethod::Get)),
    }
}
