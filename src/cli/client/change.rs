//! What the options of `client add` and `client edit` say about a definition.

use super::presets;
use crate::app::App;
use crate::cli::{completions, error::Failure, input};
use crate::flows;
use crate::flows::installation::Installation;
use crate::oauth::definition::{CLIENT_SECRET, Definition, GrantType, Invalid, PRIVATE_KEY};
use crate::oauth::metadata::Chosen;
use crate::presets::Presets;
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[command(next_help_heading = "Definition")]
pub struct Change {
    /// Start from what is known about a well-known server; `client presets` lists them
    #[arg(long, value_name = "ID", add = completions::presets())]
    preset: Option<String>,
    /// Fill in from the metadata of an authorization server, or of an API that names one
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The client ID that the authorization server gave the app
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// A file with the client secret, or - for standard input; it is sealed, the file is not needed later
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// A file that holds the private key, PEM or JWK; it is sealed too
    #[arg(long, value_name = "FILE")]
    private_key_file: Option<PathBuf>,
    /// Scopes, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// Free text that groups clients
    #[arg(long)]
    service: Option<String>,
    /// authorization_code, client_credentials, …
    #[arg(long)]
    grant: Option<String>,
    /// The authorization endpoint, where the browser is sent
    #[arg(long, value_name = "URL")]
    authorize_url: Option<String>,
    /// The token endpoint
    #[arg(long, value_name = "URL")]
    token_url: Option<String>,
    /// How the client authenticates at the token endpoint: post, basic, none, private_key_jwt, client_secret_jwt or
    /// tls_client_auth; post and basic are found out when it is not said
    #[arg(long, value_name = "METHOD")]
    auth: Option<String>,
    /// The registered redirect URI, when it is not this program's own
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,
    /// A variable of the definition's templates; repeat for several
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    vars: Vec<(String, String)>,
    /// Any field by its dotted path, as text or JSON: --set token.body=json --set 'refresh.margin_s=60'
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = pair)]
    fields: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// What options may refer to.
#[derive(Debug)]
pub struct Sources<'a> {
    pub presets: &'a Presets,
    pub installation: &'a Installation,
}

impl Change {
    pub fn is_empty(&self) -> bool {
        let texts = [
            &self.preset,
            &self.issuer,
            &self.client_id,
            &self.scope,
            &self.service,
            &self.grant,
            &self.authorize_url,
            &self.token_url,
            &self.auth,
            &self.redirect_uri,
        ];
        texts.iter().all(|text| text.is_none())
            && self.client_secret_file.is_none()
            && self.private_key_file.is_none()
            && self.vars.is_empty()
            && self.fields.is_empty()
    }

    /// Lays the options over a definition, what was discovered first, so that what a person says counts.
    pub async fn apply(&self, sources: &Sources<'_>, json: &mut Value) -> Result<(), Failure> {
        if let Some(id) = &self.preset {
            merge(json, presets::find(sources.presets, id)?.definition());
        }
        if let Some(issuer) = &self.issuer {
            let chosen = Chosen { auth: self.auth.clone(), grant: self.grant.clone().map(GrantType::from) };
            merge(json, sources.installation.discovered(issuer, &chosen).await?.definition);
        }
        let texts = [
            ("client_id", &self.client_id),
            ("service", &self.service),
            ("grant", &self.grant),
            ("authorize.url", &self.authorize_url),
            ("token.url", &self.token_url),
            ("token.auth", &self.auth),
            ("redirect_uri", &self.redirect_uri),
        ];
        for (path, text) in texts.into_iter().filter_map(|(path, text)| Some((path, text.as_ref()?))) {
            set(json, path, Value::String(text.clone()))?;
        }
        if let Some(scope) = &self.scope {
            set(json, "scopes", json!(scope.split_whitespace().collect::<Vec<_>>()))?;
        }
        if let Some(file) = &self.client_secret_file {
            set(json, CLIENT_SECRET, Value::String(secret("--client-secret-file", file)?))?;
        }
        if let Some(file) = &self.private_key_file {
            spell_out_auth(json);
            set(json, PRIVATE_KEY, Value::String(secret("--private-key-file", file)?))?;
        }
        for (name, value) in &self.vars {
            set(json, &format!("vars.{name}"), Value::String(value.clone()))?;
        }
        for (path, value) in &self.fields {
            if matches!(path.as_str(), CLIENT_SECRET | PRIVATE_KEY) && !value.starts_with('{') {
                let said =
                    "a secret on the command line is seen by others; use --client-secret-file or --private-key-file";
                return Err(Failure::Usage(said.to_owned()));
            }
            if path.starts_with("token.auth.") {
                spell_out_auth(json);
            }
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone()));
            set(json, path, value)?;
        }
        Ok(())
    }
}

pub fn definition(app: &App, json: Value) -> Result<Definition, Failure> {
    Ok(app.presets.read(json).map_err(flows::Error::from)?)
}

pub fn secret(option: &str, file: &Path) -> Result<String, Failure> {
    let failed = |why: String| Failure::Usage(format!("{option} {}: {why}", file.display()));
    let text = input::read(file).map_err(|error| failed(error.to_string()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(failed("it is empty".to_owned())),
        secret => Ok(secret.to_owned()),
    }
}

/// A secret at its place.
pub fn set_secret(json: &mut Value, path: &str, value: Value) -> Result<(), Failure> {
    if path.starts_with("token.auth.") {
        spell_out_auth(json);
    }
    set(json, path, value)
}

/// `"auth": "private_key_jwt"` is short for an object, which is needed for details.
fn spell_out_auth(json: &mut Value) {
    if let Some(auth @ Value::String(_)) = json.pointer_mut("/token/auth") {
        *auth = json!({"method": auth.take()});
    }
}

/// Objects are merged, anything else is replaced.
fn merge(json: &mut Value, facts: Value) {
    match (json, facts) {
        (Value::Object(fields), Value::Object(facts)) => {
            for (name, fact) in facts {
                merge(fields.entry(name).or_insert(Value::Null), fact);
            }
        }
        (json, fact) => *json = fact,
    }
}

/// Sets the value at a dotted path, making the objects on the way. A parameter's own name may hold dots: below
/// `params`, `headers` and `vars` the rest of the path is one name.
fn set(json: &mut Value, path: &str, value: Value) -> Result<(), Failure> {
    let invalid = |message: &str| Failure::Flow(Invalid::field(path, message).into());
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    if first.is_empty() {
        return Err(invalid("write the path of a field, such as token.auth"));
    }
    if json.is_null() {
        *json = Value::Object(Map::new());
    }
    let Value::Object(fields) = json else { return Err(invalid("this field holds no further fields")) };
    match rest {
        None => {
            fields.insert(first.to_owned(), value);
            Ok(())
        }
        Some(rest) if matches!(first, "params" | "headers" | "vars") => {
            let inner = fields.entry(first).or_insert(json!({}));
            inner.as_object_mut().ok_or_else(|| invalid("this is not an object"))?.insert(rest.to_owned(), value);
            Ok(())
        }
        Some(rest) => set(fields.entry(first).or_insert(Value::Null), rest, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_makes_the_objects_on_its_way() {
        let mut json = json!({"token": {"url": "u"}});
        set(&mut json, "token.auth.method", json!("basic")).unwrap();
        set(&mut json, "authorize.params.x.y", Value::Null).unwrap();
        assert_eq!(
            json,
            json!({"token": {"url": "u", "auth": {"method": "basic"}}, "authorize": {"params": {"x.y": null}}})
        );
        assert!(set(&mut json, "token.url.x", json!(1)).is_err());
        assert!(set(&mut json, "", json!(1)).is_err());
    }

    #[test]
    fn facts_are_merged_below_what_is_there() {
        let mut json = json!({"token": {"auth": "basic"}});
        merge(&mut json, json!({"token": {"url": "u"}, "issuer": "i"}));
        assert_eq!(json, json!({"token": {"auth": "basic", "url": "u"}, "issuer": "i"}));
    }
}
