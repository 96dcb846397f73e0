//! A response that nobody here asked for, where the definition allows the server to begin (`callback.state_policy`).
//!
//! A code can be pushed into a browser by anyone (RFC 9700 §4.7): with it the client would work in a stranger's account. So
//! it comes only to the client's own path, in a browser that is signed in here, and nothing is asked of the server before
//! the operator, told what that means, presses the button. What is not pressed for is forgotten.

use super::records::{self, Binding, Pending};
use super::{BadCallback, TIME_LIMIT_S, settle};
use crate::app::App;
use crate::flows::{Error, login};
use crate::oauth::authorization_response::AuthorizationResponse;
use crate::oauth::definition::{CallbackMethod, StatePolicy};
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::secret::Secret;
use crate::store::{Kind, Record};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Unsolicited {
    client: ClientName,
    binding: Binding,
    pairs: Vec<(String, String)>,
}

impl Record for Unsolicited {
    const KIND: Kind = Kind::UnsolicitedResponse;
}

/// Keeps a response until the operator has said what to do with it, and gives its id. `None`: it is none of this kind, or
/// the client takes none. `browser`: what it shows of its session, which must be signed in.
pub async fn keep(
    app: &App,
    client: &ClientName,
    pairs: &[(String, String)],
    browser: Option<&str>,
) -> Result<Option<String>, Error> {
    let definition = app.client(client).await?.definition;
    // What carries a `state` of ours was asked for, if only too long ago.
    let asked_for = pairs.iter().any(|(_, value)| records::looks_like_a_state(value));
    let says_something = pairs.iter().any(|(name, _)| *name == definition.callback.code_param);
    if definition.callback.state_policy != StatePolicy::Unsolicited || asked_for || !says_something {
        return Ok(None);
    }
    let browser = signed_in(app, browser).await?.ok_or(BadCallback::SignedOut)?;
    let response = AuthorizationResponse::from_pairs(pairs.to_vec()).map_err(BadCallback::from)?;
    response.by(CallbackMethod::Get).judge(&definition).map_err(BadCallback::from)?;
    let kept = Unsolicited { client: client.clone(), binding: Binding::browser(browser), pairs: pairs.to_vec() };
    let id = app.random_text();
    app.store.put_until(&id, &kept, 0, app.now() + TIME_LIMIT_S).await?;
    tracing::info!(%client, "a code came that nobody here asked for");
    Ok(Some(id))
}

async fn signed_in<'b>(app: &App, browser: Option<&'b str>) -> Result<Option<&'b str>, Error> {
    let Some(cookie) = browser else { return Ok(None) };
    Ok(login::session(app, cookie).await?.map(|_| cookie))
}

/// Whether the response still waits for this browser.
pub async fn waits(app: &App, id: &str, client: &ClientName, browser: &str) -> Result<(), Error> {
    let found = app.store.get::<Unsolicited>(id).await?.map(|found| found.value);
    found.filter(|kept| kept.is_for(client, browser)).map(drop).ok_or_else(|| BadCallback::Unknown.into())
}

/// Takes the response to its end, once, and gives the id of the result.
pub async fn accept(app: &App, id: &str, name: GrantName, browser: &str) -> Result<String, Error> {
    waits(app, id, &name.client, browser).await?;
    let kept = app.store.take::<Unsolicited>(id).await?.ok_or(BadCallback::Unknown)?;
    let client = app.client(&name.client).await?;
    let response = AuthorizationResponse::from_pairs(kept.pairs).map_err(BadCallback::from)?;
    // Nothing of ours went along when it began: no state, no code verifier, no nonce.
    let pending = Pending {
        redirect_uri: app.redirect_uri_of(&client),
        client_id: client.definition.client_id.clone(),
        binding: kept.binding,
        code_verifier: Secret::new(""),
        state: Secret::new(""),
        nonce: None,
        name,
    };
    let (app, id) = (app.clone(), app.random_text());
    let task = app.work.clone().spawn({
        let (app, id) = (app.clone(), id.clone());
        async move { settle(&app, &id, pending, response.by(CallbackMethod::Get)).await }
    });
    task.await.map_err(|_| Error::Interrupted)??;
    Ok(id)
}

impl Unsolicited {
    fn is_for(&self, client: &ClientName, browser: &str) -> bool {
        self.client == *client && self.binding.admits(Some(browser))
    }
}
