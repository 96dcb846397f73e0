//! The buttons that try a token: user info, introspection, a call of the API.

use super::claims::claims;
use super::errors::PageError;
use super::grants::account;
use super::guards::{Operator, Submitted};
use super::page::{Html, Renderer};
use super::pages::Outcome;
use crate::app::App;
use crate::flows::inspect::{self, Inspection, Verdict};
use crate::oauth::name::{ClientName, GrantName};
use rocket::State;

#[rocket::post("/clients/<name>/userinfo", data = "<form>")]
pub async fn user_info(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    form: Submitted,
    view: Renderer<'_>,
) -> Result<Html, PageError> {
    let name = GrantName { client: name, account: account(&form)? };
    view.page(&outcome(&name, "User info", inspect::user_info(app, &name).await?))
}

#[rocket::post("/clients/<name>/introspect", data = "<form>")]
pub async fn introspect(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    form: Submitted,
    view: Renderer<'_>,
) -> Result<Html, PageError> {
    let name = GrantName { client: name, account: account(&form)? };
    view.page(&outcome(&name, "Introspection", inspect::introspect(app, &name).await?))
}

#[rocket::post("/clients/<name>/test", data = "<form>")]
pub async fn test(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    form: Submitted,
    view: Renderer<'_>,
) -> Result<Html, PageError> {
    let name = GrantName { client: name, account: account(&form)? };
    view.page(&outcome(&name, "Test", inspect::test(app, &name).await?))
}

fn outcome(name: &GrantName, title: &str, found: Inspection) -> Outcome {
    Outcome {
        name: name.client.to_string(),
        account: name.account.to_string(),
        title: title.to_owned(),
        text: sentence(&found.verdict),
        good: found.verdict.is_good(),
        claims: claims(&found.claims),
        body: found.body,
        ..Outcome::default()
    }
}

fn sentence(verdict: &Verdict) -> String {
    match verdict {
        Verdict::About(subject) => format!("The token is good, and it is the one of {subject}."),
        Verdict::AboutAnother => {
            "The answer is about another person than the ID token, so it is not shown. Check the user info endpoint."
                .to_owned()
        }
        Verdict::Active => "The authorization server says that the token is active.".to_owned(),
        Verdict::NotActive => {
            "The authorization server says that the token is not active. Refresh it, or authorize again.".to_owned()
        }
        Verdict::Answered(401) => {
            "The API answered 401: it does not take the token. Compare the scopes, and how the API wants it.".to_owned()
        }
        Verdict::Answered(status) => format!("The API answered {status}."),
        Verdict::Unfit(status) => format!(
            "The authorization server answered {status} with something else. Check the endpoint in the definition."
        ),
    }
}
