//! Files that always hold the current token, where a definition says so by `token_file`, for programs that read one.
//!
//! Whoever tells of a new token writes it; a server also writes what others tell of. A file is there as long as its token is
//! valid. What cannot be written holds up no refresh: it is told as an event.

mod folder;
mod watching;

pub use watching::{Watching, start};

use super::attachment::Attachment;
use super::token_answer::TokenAnswer;
use super::token_text::Whole;
use super::{Error, grants};
use crate::app::App;
use crate::data_folder::TOKEN_FILES;
use crate::oauth::definition::{Definition, Invalid};
use crate::oauth::event::{Event, EventKind};
use crate::oauth::grant::{Freshness, Grant};
use crate::oauth::name::{Account, ClientName, GrantName};
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::Stage;
use crate::registry::Client;
use folder::{Folder, Scope, Trouble, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Seconds until the same trouble is told again.
const TOLD_AGAIN_S: i64 = 3600;

/// The token file of one grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct TokenFileState {
    pub path: String,
    /// Why it does not hold the present token; `null`: it does.
    pub problem: Option<String>,
}

/// What became of a look at the files.
#[derive(Debug, Default)]
struct Settled {
    /// To be told.
    troubles: Vec<Event>,
    is_whole: bool,
    /// When the first of the tokens in the files ends.
    next_end: Option<Timestamp>,
}

/// Refuses a definition whose file is that of another client.
pub(super) async fn check(app: &App, name: &ClientName, definition: &Definition) -> Result<(), Error> {
    let file = &definition.token_file;
    if !file.is_wanted() {
        return Ok(());
    }
    let clients = app.registry.list().await?;
    let same = |client: &&Client| client.definition.token_file.name.eq_ignore_ascii_case(&file.name);
    match clients.iter().filter(|client| client.name != *name).find(same) {
        Some(other) => {
            let said = format!("`{}` is the token file of `{}`; choose another name", file.name, other.name);
            Err(Invalid::field("token_file.name", said).into())
        }
        None => Ok(()),
    }
}

/// Brings the files up to date after an event; what went wrong is to be told.
pub(super) async fn follow(app: &App, event: &Event) -> Vec<Event> {
    match scope(event) {
        Some(scope) => settle(app, scope).await.troubles,
        None => Vec::new(),
    }
}

/// What the file of a grant is like; `None`: it is to have none, or there is no token for it.
pub fn state(app: &App, client: &Client, grant: &Grant) -> Option<TokenFileState> {
    let name = client.definition.token_file.name_for(&grant.name.account)?;
    let path = root(app).join(name).display().to_string();
    let not_yet =
        "it does not hold the present token; the events tell of what stands in the way, and a server writes it again";
    let problem = match wanted_of(app, client, grant)? {
        Ok(file) => match folder::look(&root(app), &file) {
            Ok(true) => None,
            Ok(false) => Some(not_yet.to_owned()),
            Err(trouble) => Some(trouble.to_string()),
        },
        Err(why) => Some(why),
    };
    Some(TokenFileState { path, problem })
}

/// Whether the folder can be used; where nobody wants a file it is not looked at.
pub async fn check_folder(app: &App) -> Result<Option<PathBuf>, String> {
    let clients = app.registry.list().await.map_err(|error| error.to_string())?;
    if !clients.iter().any(|client| client.definition.token_file.is_wanted()) {
        return Ok(None);
    }
    let folder = root(app);
    Folder::open(&folder).map(|_| Some(folder)).map_err(|trouble| trouble.to_string())
}

fn root(app: &App) -> PathBuf {
    app.settings.token_files_dir.clone().unwrap_or_else(|| app.data_folder.file(TOKEN_FILES))
}

/// A definition that changed may have given a name free, or had another name before.
fn scope(event: &Event) -> Option<Scope> {
    match (event.event, event.client.clone()?, event.account.clone()) {
        (EventKind::ClientChanged, ..) => Some(Scope::AllBut(BTreeSet::new())),
        (
            EventKind::Authorized | EventKind::Refreshed | EventKind::AuthorizationRequired | EventKind::Revoked,
            client,
            Some(account),
        ) => Some(Scope::One(GrantName { client, account })),
        _ => None,
    }
}

async fn settle(app: &App, scope: Scope) -> Settled {
    match try_to_settle(app, scope).await {
        Ok(settled) => settled,
        Err(error) => {
            tracing::warn!(%error, "token files are not up to date");
            Settled::default()
        }
    }
}

async fn try_to_settle(app: &App, scope: Scope) -> Result<Settled, Error> {
    if !concerns_a_file(app, &scope).await? {
        return Ok(Settled { is_whole: true, ..Settled::default() });
    }
    let root = root(app);
    let opened = tokio::task::spawn_blocking(move || Folder::open(&root)).await.map_err(|_| Error::Interrupted)?;
    // Read under the lock, so that nothing older is written over it.
    let Asked { wanted, mut troubles, scope } = asked(app, scope).await?;
    let is_known = !matches!(&scope, Scope::AllBut(unknown) if !unknown.is_empty());
    let mut next_end = None;
    let failed = match opened {
        Ok(mut folder) => {
            let settled = tokio::task::spawn_blocking(move || (folder.settle(&wanted, &scope), folder.next_end()));
            let (failed, end) = settled.await.map_err(|_| Error::Interrupted)?;
            next_end = end;
            failed.into_iter().map(|(of, trouble)| (of, trouble.to_string())).collect()
        }
        Err(trouble) => for_each(wanted, &trouble),
    };
    troubles.extend(failed);
    let is_whole = is_known && troubles.is_empty();
    let troubles = troubles.into_iter().filter_map(|(of, why)| told(app, &of, why)).collect();
    Ok(Settled { troubles, is_whole, next_end })
}

/// Nearly always it does not.
async fn concerns_a_file(app: &App, scope: &Scope) -> Result<bool, Error> {
    let wants = |client: &Client| client.definition.token_file.is_wanted();
    let is_wanted = match scope {
        Scope::One(name) => app.registry.get(&name.client).await?.is_some_and(|client| wants(&client)),
        Scope::AllBut(_) => app.registry.list().await?.iter().any(wants),
    };
    Ok(is_wanted || folder::is_used(&root(app)))
}

fn for_each(wanted: Vec<Wanted>, trouble: &Trouble) -> Vec<(GrantName, String)> {
    if wanted.is_empty() {
        tracing::warn!(%trouble, "token files cannot be removed");
    }
    wanted.into_iter().map(|file| (file.of, trouble.to_string())).collect()
}

/// The event, unless it was told a short time ago.
fn told(app: &App, of: &GrantName, why: String) -> Option<Event> {
    let is_first = app.once_in(TOLD_AGAIN_S, &format!("the token file of {of}: {why}"));
    is_first.then(|| Event::of_grant(EventKind::TokenFileFailed, of, app.now()).because(why))
}

/// What the definitions and the grants ask for.
struct Asked {
    wanted: Vec<Wanted>,
    troubles: Vec<(GrantName, String)>,
    scope: Scope,
}

async fn asked(app: &App, scope: Scope) -> Result<Asked, Error> {
    let mut asked = Asked { wanted: Vec::new(), troubles: Vec::new(), scope };
    match asked.scope.clone() {
        Scope::One(GrantName { client, account }) => {
            if let Some(client) = app.registry.get(&client).await? {
                asked.add(app, &client, of_account(app, &client, account).await?);
            }
        }
        Scope::AllBut(mut unknown) => {
            for client in app.registry.list().await?.iter() {
                match of_client(app, client).await {
                    Ok(grants) => asked.add(app, client, grants),
                    Err(error) => {
                        tracing::debug!(%error, client = %client.name, "its token files are left as they are");
                        unknown.insert(client.name.clone());
                    }
                }
            }
            asked.scope = Scope::AllBut(unknown);
        }
    }
    Ok(asked)
}

impl Asked {
    fn add(&mut self, app: &App, client: &Client, grants: Vec<Grant>) {
        for grant in grants {
            match wanted_of(app, client, &grant) {
                Some(Ok(file)) => self.wanted.push(file),
                Some(Err(why)) => self.troubles.push((grant.name, why)),
                None => {}
            }
        }
    }
}

async fn of_client(app: &App, client: &Client) -> Result<Vec<Grant>, Error> {
    let file = &client.definition.token_file;
    match (file.is_wanted(), file.is_for_every_account()) {
        (false, _) => Ok(Vec::new()),
        (true, false) => of_account(app, client, Account::default()).await,
        (true, true) => grants::of(app, client).await,
    }
}

async fn of_account(app: &App, client: &Client, account: Account) -> Result<Vec<Grant>, Error> {
    if client.definition.token_file.name_for(&account).is_none() {
        return Ok(Vec::new());
    }
    Ok(grants::get(app, client, &account).await?.map(|found| found.value).into_iter().collect())
}

/// As with what is published: a token is there as long as it is valid, whatever became of its grant.
fn wanted_of(app: &App, client: &Client, grant: &Grant) -> Option<Result<Wanted, String>> {
    let file = &client.definition.token_file;
    let (tokens, now) = (&grant.tokens, app.now());
    let is_good = tokens.stage == Stage::Final && tokens.freshness(now, 0) != Freshness::Expired;
    let name = file.name_for(&grant.name.account).filter(|_| is_good)?;
    let text = Attachment::of(app, client, grant).map_err(|error| error.to_string()).and_then(|attachment| {
        let answer = TokenAnswer::of(client, grant, now);
        let whole = Whole { answer: &answer, attachment: &attachment, login: &file.login };
        whole.in_file(file.format).map_err(|error| error.to_string())
    });
    Some(text.map(|text| Wanted { name, of: grant.name.clone(), text, expires_at: tokens.expires_at }))
}
