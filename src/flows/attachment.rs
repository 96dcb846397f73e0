//! What a request to the client's API has to carry.

use super::Error;
use crate::app::App;
use crate::oauth::definition::{Api, TokenPlace};
use crate::oauth::grant::Grant;
use crate::oauth::secret::{Secret, exposed};
use crate::oauth::template::{self, Values};
use crate::registry::Client;
use serde::{Deserialize, Serialize};

/// The token where the definition wants it (RFC 6750 §2), and the further headers of the definition.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct Attachment {
    #[cfg_attr(feature = "program", schema(value_type = String, example = "header"))]
    pub token_in: TokenPlace,
    pub token: Carried,
    pub headers: Vec<Carried>,
    /// The host of the API, where the definition says it.
    #[serde(default)]
    pub host: Option<String>,
}

/// A header or a query parameter. The value may be secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct Carried {
    pub name: String,
    #[serde(with = "exposed")]
    #[cfg_attr(feature = "program", schema(value_type = String))]
    pub value: Secret,
}

impl Attachment {
    pub fn of(app: &App, client: &Client, grant: &Grant) -> Result<Self, Error> {
        let (api, values) = (&client.definition.api, values(app, client, grant));
        let headers = api.headers.iter().map(|(name, template)| Carried::rendered(name, template, &values));
        Ok(Self {
            token_in: api.token_in,
            token: Carried::rendered(&api.name, &api.template, &values)?,
            headers: headers.collect::<Result<_, _>>()?,
            host: host(api, &values),
        })
    }
}

fn host(api: &Api, values: &Values) -> Option<String> {
    let url = template::render_url(api.base_url.as_deref().filter(|url| !url.is_empty())?, values).ok()?;
    url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned())
}

impl Carried {
    fn rendered(name: &str, template: &str, values: &Values) -> Result<Self, Error> {
        Ok(Self { name: name.to_owned(), value: Secret::new(template::render(template, values)?) })
    }

    /// As a line of HTTP.
    pub fn line(&self) -> Secret {
        Secret::new(format!("{}: {}", self.name, self.value.expose()))
    }
}

fn values(app: &App, client: &Client, grant: &Grant) -> Values {
    let definition = &client.definition;
    let mut values = definition.values(&app.redirect_uri(definition), app.now(), &app.random_text());
    grant.fill(&mut values);
    values.with("access_token", grant.tokens.access_token.expose())
}
