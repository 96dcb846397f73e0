//! Creating, changing, renaming and deleting clients together with their grants.

use super::refresh::{self, Writer, first_token};
use super::{Error, events, grants, published, references, registration, revoke, token_files};
use crate::app::App;
use crate::oauth::definition::{Definition, FieldError, Invalid, SecretSource};
use crate::oauth::event::{Event, EventKind};
use crate::oauth::grant::Grant;
use crate::oauth::name::{ClientName, GrantName};
use crate::registry::{self, Client, Version};

pub async fn create(app: &App, name: ClientName, definition: Definition) -> Result<Client, Error> {
    check(&name)?;
    references::check(&name, &definition)?;
    token_files::check(app, &name, &definition).await?;
    let client = app.registry.create(name, definition).await?;
    tracing::info!(client = %client.name, "client created");
    changed(app, &client.name).await;
    Ok(client)
}

/// Replaces a definition. `base`: the version the change was made on, so that nobody's change is lost. Tokens stay, also
/// under a new name.
pub async fn update(
    app: &App,
    name: &ClientName,
    new_name: ClientName,
    definition: Definition,
    base: Option<&Version>,
) -> Result<Client, Error> {
    app.registry.writable(name)?;
    check(&new_name)?;
    references::check(&new_name, &definition)?;
    token_files::check(app, name, &definition).await?;
    let before = app.client(name).await?.definition;
    let moved = if *name == new_name { Vec::new() } else { copy_grants(app, name, &new_name).await? };
    let result = app.registry.update(name, new_name, definition, base).await;
    for Moved { from, to, writer } in moved {
        // Without the new name the copy goes, with it the original.
        grants::remove(app, if result.is_ok() { &from } else { &to }).await?;
        if result.is_ok() { writer.end_for_good().await } else { writer.end().await }
    }
    let client = result?;
    if client.name != *name {
        first_token::forget(app, name).await?;
    }
    registration::moved(app, name, &client.name).await?;
    published::changed(app, &before, &client).await?;
    tracing::info!(client = %client.name, was = %name, "client changed");
    changed(app, &client.name).await;
    Ok(client)
}

/// What a put made of a client.
#[derive(Debug)]
pub enum Stored {
    Created(Client),
    Replaced(Client),
}

/// On which state of a client a change may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    Any,
    /// There is no such client yet.
    Absent,
    /// It is at one of these versions.
    OneOf(Vec<Version>),
    /// There is one, whichever.
    Present,
}

impl Base {
    fn admits(&self, name: &ClientName, current: Option<&Client>) -> Result<(), registry::Error> {
        let fits = match (self, current) {
            (Base::Any, _) | (Base::Absent, None) | (Base::Present, Some(_)) => true,
            (Base::OneOf(versions), Some(client)) => versions.contains(&client.version()),
            (Base::Absent, Some(_)) => return Err(registry::Error::Exists(name.clone())),
            (Base::OneOf(_) | Base::Present, None) => false,
        };
        if fits { Ok(()) } else { Err(registry::Error::Changed(name.clone())) }
    }
}

/// Creates a client or replaces its definition (and its name), for somebody who is not on this machine. A secret that
/// `definition` does not hold stays as it is. Where a change comes in between, it is put upon that, unless `base` forbids.
pub async fn put(
    app: &App,
    name: &ClientName,
    new_name: &ClientName,
    definition: Definition,
    base: &Base,
) -> Result<Stored, Error> {
    let is_renamed = name != new_name;
    loop {
        let current = app.registry.get(name).await?;
        base.admits(name, current.as_ref())?;
        let mut definition = definition.clone();
        refuse_places(current.as_ref(), &mut definition)?;
        let result = match &current {
            None if is_renamed => return Err(Error::UnknownClient(name.clone())),
            None => create(app, name.clone(), definition).await.map(Stored::Created),
            Some(old) => {
                registry::keep_secrets(&old.definition, &mut definition);
                if *old.definition == definition && !is_renamed {
                    return Ok(Stored::Replaced(old.clone()));
                }
                let result = update(app, name, new_name.clone(), definition, Some(&old.version())).await;
                result.map(Stored::Replaced)
            }
        };
        match result {
            Err(Error::Registry(registry::Error::Exists(taken))) if taken != *name => {
                return Err(registry::Error::Exists(taken).into());
            }
            Err(Error::Registry(registry::Error::Changed(_) | registry::Error::Exists(_)))
            | Err(Error::UnknownClient(_)) => {}
            result => return result,
        }
    }
}

/// Whoever writes definitions from afar must not choose which file or variable of this machine goes to which server. What
/// is stored already may be said again.
pub(super) fn refuse_places(current: Option<&Client>, definition: &mut Definition) -> Result<(), Invalid> {
    let told = |path: &str| current.and_then(|client| client.definition.secret(path).cloned());
    let mut errors = Vec::new();
    for (path, secret) in definition.secrets_mut() {
        let is_place = matches!(secret, Some(SecretSource::Env(_) | SecretSource::File(_)));
        if is_place && *secret != told(path) {
            let message = "send the secret itself, or name its place on the server: in its token cache file, or with \
                           `oauth-helper client edit` there";
            errors.push(FieldError { path: path.to_owned(), message: message.to_owned() });
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Invalid(errors)) }
}

/// What could not be revoked at the server when a client was deleted.
pub type NotRevoked = Vec<(GrantName, Error)>;

/// Deletes a client and all its tokens; with `revoke`, the server is told first.
pub async fn delete(app: &App, name: &ClientName, revocation: Revocation) -> Result<NotRevoked, Error> {
    let client = app.client(name).await?;
    app.registry.writable(name)?;
    let of_client = grants::by_client(app).await?.remove(name).unwrap_or_default();
    let mut failed = Vec::new();
    if revocation == Revocation::Ask {
        for grant in of_client.iter().filter(|grant| grant.belongs_to(&client.definition)) {
            if let Err(error) = revoke::at_server(app, &client, grant).await {
                tracing::warn!(client = %name, account = %grant.name.account, %error, "revocation failed");
                failed.push((grant.name.clone(), error));
            }
        }
    }
    published::withdraw(app, &client.definition).await?;
    app.registry.delete(name).await?;
    registration::forget(app, name).await?;
    first_token::forget(app, name).await?;
    for grant in &of_client {
        grants::forget(app, &grant.name).await?;
    }
    events::forget(app, name).await?;
    tracing::info!(client = %name, "client deleted");
    changed(app, name).await;
    Ok(failed)
}

async fn changed(app: &App, name: &ClientName) {
    events::tell(app, Event::of_client(EventKind::ClientChanged, name, app.now())).await;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    Ask,
    Skip,
}

/// `/clients/new` is the address of the form, and what is posted to `/clients/register` registers.
pub(super) fn check(name: &ClientName) -> Result<(), Invalid> {
    match name.as_str() {
        "new" => Err(Invalid::field("name", "`new` is the address of the form for new clients; choose another name")),
        "register" => Err(Invalid::field("name", "`register` is an address of this program; choose another name")),
        _ => Ok(()),
    }
}

struct Moved {
    from: GrantName,
    to: GrantName,
    writer: Writer,
}

/// Copies every grant to the new name, each under its lease, so that no refresh writes to the old one meanwhile.
async fn copy_grants(app: &App, name: &ClientName, new_name: &ClientName) -> Result<Vec<Moved>, Error> {
    if app.registry.get(new_name).await?.is_some() {
        return Err(registry::Error::Exists(new_name.clone()).into());
    }
    let mut moved = Vec::new();
    for Grant { name: from, .. } in grants::by_client(app).await?.remove(name).unwrap_or_default() {
        let writer = refresh::lease(app, &from).await?;
        let to = GrantName { client: new_name.clone(), account: from.account.clone() };
        if let Some(found) = app.store.get::<Grant>(&grants::id(&from)).await? {
            grants::copy(app, &Grant { name: to.clone(), ..found.value }).await?;
        }
        moved.push(Moved { from, to, writer });
    }
    Ok(moved)
}
