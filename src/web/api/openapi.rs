//! The description of the API (OpenAPI 3.1), made from the handlers: what stands beside each is what is described.

use super::{Answer, Caller};
use super::{authorizations, client_key, clients, discovery, events, grants, keys, proxy, registrations, tokens};
use crate::app::App;
use crate::flows::attachment::Attachment;
use crate::flows::status::Status;
use crate::flows::token_answer::TokenAnswer;
use crate::web::problem::{ProblemJson, Problems};
use rocket::serde::json::Json;
use rocket::{State, get};
use utoipa::openapi::OpenApi as Description;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::server::Server;
use utoipa::{Modify, OpenApi};

pub use super::schema::DefinitionSchema;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OAuth Client Helper",
        description = "Fresh OAuth tokens for scripts, the definitions they come from, and a proxy that attaches them.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact(),
    ),
    paths(
        tokens::token,
        tokens::header,
        tokens::attachment,
        tokens::rejected,
        grants::status,
        grants::refresh,
        grants::revoke,
        authorizations::begin,
        authorizations::progress,
        authorizations::pasted,
        authorizations::password,
        clients::list,
        clients::show,
        clients::put,
        clients::delete,
        discovery::find,
        discovery::look,
        discovery::follow,
        client_key::show,
        client_key::generate,
        proxy::proxy,
        events::stream,
        registrations::register,
        registrations::look,
        registrations::update,
        keys::list,
        keys::create,
        keys::revoke,
        describe,
    ),
    components(schemas(TokenAnswer, Attachment, Status, DefinitionSchema, ProblemJson)),
    tags(
        (name = "tokens", description = "Access tokens"),
        (name = "grants", description = "What accounts allowed, and its state"),
        (name = "clients", description = "Client definitions"),
        (name = "proxy", description = "Calls of an API, with the token attached"),
        (name = "events", description = "What happens"),
        (name = "keys", description = "Keys of this API"),
        (name = "description", description = "The API itself"),
    ),
    security(("key" = [])),
    modifiers(&Key),
)]
struct Api;

struct Key;

impl Modify for Key {
    fn modify(&self, description: &mut Description) {
        let key = SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("och_…").build());
        description.components.get_or_insert_default().add_security_scheme("key", key);
    }
}

/// The description, for the server at `base`.
fn description(base: String) -> Description {
    let mut description = Api::openapi();
    description.servers = Some(vec![Server::new(base)]);
    description
}

/// This description.
#[utoipa::path(
    tag = "description",
    responses((status = 200, body = Object, description = "OpenAPI 3.1"), Problems),
)]
#[get("/openapi.json")]
pub fn describe(app: &State<App>, caller: Answer<Caller>) -> Answer<Json<Description>> {
    caller?;
    Ok(Json(description(app.settings.public_url.join("/api/v1"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn document() -> Value {
        serde_json::to_value(description("http://127.0.0.1:8080/api/v1".to_owned())).unwrap()
    }

    /// `get /clients/{name}` of the document.
    fn described() -> BTreeSet<String> {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let each = |(path, operations): (&String, &Value)| {
            operations.as_object().unwrap().keys().map(|method| format!("{method} {path}")).collect::<Vec<_>>()
        };
        paths.iter().flat_map(each).collect()
    }

    /// The same of the routing table.
    fn routed() -> BTreeSet<String> {
        let name = |route: &rocket::Route| {
            let path = route.uri.path().replace("<_..>", "{path}").replace('<', "{").replace('>', "}");
            format!("{} {path}", route.method.as_str().to_lowercase())
        };
        crate::web::api().iter().map(name).collect()
    }

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match value {
                Value::String(target) if name == "$ref" => found.push(target.trim_start_matches('#').to_owned()),
                value => references(value, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_route_is_described_and_every_description_is_a_route() {
        assert_eq!(described(), routed());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let (document, mut found) = (document(), Vec::new());
        references(&document, &mut found);
        assert!(found.len() > 10);
        for target in found {
            assert!(document.pointer(&target).is_some(), "{target}");
        }
    }

    #[test]
    fn every_parameter_of_a_path_and_of_a_query_is_described() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        for route in crate::web::api() {
            let path = route.uri.path().replace("<_..>", "{path}").replace('<', "{").replace('>', "}");
            let operation = &document["paths"][&path][route.method.as_str().to_lowercase()];
            let named = |place: &str| -> BTreeSet<String> {
                let all = operation["parameters"].as_array().into_iter().flatten();
                all.filter(|one| one["in"] == place).map(|one| one["name"].as_str().unwrap().to_owned()).collect()
            };
            let in_path = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap().to_owned()).collect();
            assert_eq!(named("path"), in_path, "{path}");
            let query = route.uri.query().map(ToString::to_string).unwrap_or_default();
            let in_query =
                query.split('&').filter(|one| !one.is_empty()).map(|one| one.trim_matches(['<', '>']).to_owned());
            assert_eq!(named("query"), in_query.collect(), "{path}");
        }
    }

    #[test]
    fn a_definition_is_described_field_by_field() {
        let document = document();
        let schema = &document["components"]["schemas"]["Definition"];
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(
            schema["properties"]["token"]["properties"]["body"]["enum"],
            serde_json::json!(["form", "json", "query"])
        );
        assert_eq!(schema["properties"]["client_secret"]["writeOnly"], true);
        assert_eq!(schema["properties"]["token"]["properties"]["auth"]["oneOf"][0]["type"], "string");
    }
}
