//! A client as another tool keeps it, made a definition: the one place where what the tools have in common is judged.

mod requests;

use super::settings::{Row, Settings};
use super::variables::{Variables, only_variable};
use super::{CarriedTokens, Import, Imported, names};
use crate::oauth::definition::{
    Api, AuthMethod, Definition, GrantType, Pkce, RedirectUri, ScopeSeparator, SecretSource, TokenPlace,
};
use crate::oauth::secret::Secret;
use std::collections::BTreeSet;

/// One client before its variables are filled in.
#[derive(Clone, Default)]
pub struct Foreign {
    /// What the tool calls it.
    pub label: String,
    /// What it belongs to.
    pub group: String,
    pub settings: Settings,
    pub authorize: Vec<Row>,
    pub token: Vec<Row>,
    pub refresh: Vec<Row>,
    pub tokens: Option<CarriedTokens>,
    pub notes: Vec<String>,
    /// Why it is nothing for us, where the tool's own file says so.
    pub refused: Option<String>,
}

const CLIENT_ID: &[&str] = &["clientid"];
const CLIENT_SECRET: &[&str] = &["clientsecret"];
const AUTHORIZE_URL: &[&str] = &["authurl", "authorizationurl", "authorizeurl", "authorizationendpoint"];
const TOKEN_URL: &[&str] = &["accesstokenurl", "tokenurl", "tokenendpoint"];
const REFRESH_URL: &[&str] = &["refreshtokenurl", "refreshurl"];
const REDIRECT_URI: &[&str] = &["redirecturi", "redirecturl", "callbackurl"];
const SCOPE: &[&str] = &["scope", "scopes"];

/// How a tool goes about its work, and what is never empty but says nothing.
const TRIFLES: &[&str] = &[
    "tokenname",
    "name",
    "type",
    "usebrowser",
    "usedefaultbrowser",
    "tokentype",
    "credentialsid",
    "autofetchtoken",
    "autorefreshtoken",
    "reusetoken",
    "tokensource",
    "disabled",
    "responsetype",
    "origin",
];

/// Made anew for each request, so a fixed value has no place.
const FRESH: &[&str] = &["state", "nonce", "codeverifier", "codechallenge"];

/// All that can be carried over; what is said twice, such as for each request of a collection, once.
pub fn convert(found: Vec<Foreign>, tool: &str, variables: &Variables, default_redirect: &str) -> Import {
    let (mut import, mut taken, mut seen) = (Import::default(), BTreeSet::new(), Vec::new());
    for foreign in found {
        let (label, group, tokens) = (foreign.label.clone(), foreign.group.clone(), foreign.tokens.clone());
        match foreign.definition(variables, default_redirect) {
            // With another token it is another account.
            Ok((definition, _)) if tokens.is_none() && seen.contains(&definition) => {}
            Ok((mut definition, notes)) => {
                seen.push(definition.clone());
                definition.notes =
                    format!("Imported from {tool} ({label}).\n{}", notes.join("\n")).trim_end().to_owned();
                let name = names::free(&mut taken, &[&label, &group, tool]);
                import.clients.extend(name.map(|name| Imported { name, definition, notes, tokens }));
            }
            Err(why) => {
                let why = format!("`{label}` was not imported: {why}");
                if !import.left.contains(&why) {
                    import.left.push(why);
                }
            }
        }
    }
    import
}

impl Foreign {
    fn definition(
        mut self,
        variables: &Variables,
        default_redirect: &str,
    ) -> Result<(Definition, Vec<String>), String> {
        if let Some(why) = self.refused {
            return Err(why);
        }
        let secret = self.secret_variable();
        self.fill_in(variables, secret.is_some())?;
        let mut definition = Definition { service: self.group.clone(), ..Definition::default() };
        definition.client_id = self.settings.take(CLIENT_ID);
        definition.client_secret = secret.or_else(|| self.secret());
        definition.grant = self.grant()?;
        definition.authorize.url = self.settings.take(AUTHORIZE_URL);
        definition.token.url = self.settings.take(TOKEN_URL);
        definition.refresh.url =
            Some(self.settings.take(REFRESH_URL)).filter(|url| !url.is_empty() && *url != definition.token.url);
        definition.redirect_uri = self.redirect_uri(&definition.grant, default_redirect);
        (definition.scopes, definition.scope_separator) = scopes(&self.settings.take(SCOPE));
        definition.token.auth.method = self.authentication(definition.client_secret.is_some());
        definition.api = self.api();
        definition.pkce = self.pkce(&definition.grant);
        self.ask_for(&mut definition);
        self.say_what_is_left(&definition.grant);
        if !matches!(definition.grant, GrantType::AuthorizationCode) {
            definition.authorize = Default::default();
        }
        definition.validate().map_err(|invalid| invalid.to_string())?;
        Ok((definition, self.notes))
    }

    /// `{{process.env.NAME}}` is a variable of the process, for us too.
    fn secret_variable(&mut self) -> Option<SecretSource> {
        let secret =
            self.settings.iter_mut().find(|setting| setting.name.to_lowercase().replace('_', "") == "clientsecret")?;
        let name = only_variable(&secret.value)?.strip_prefix("process.env.")?.to_owned();
        self.notes.push(format!("The client secret is read from the environment variable {name}."));
        secret.value.clear();
        Some(SecretSource::Env(name))
    }

    fn secret(&mut self) -> Option<SecretSource> {
        let secret = self.settings.take(CLIENT_SECRET);
        if secret.is_empty() { None } else { Some(SecretSource::Plain(Secret::new(secret))) }
    }

    /// Without a client ID and its endpoints there is no client; anything else can be said later.
    fn fill_in(&mut self, variables: &Variables, has_secret: bool) -> Result<(), String> {
        let needed = [CLIENT_ID, AUTHORIZE_URL, TOKEN_URL].concat();
        let mut lost = BTreeSet::new();
        for setting in self.settings.iter_mut() {
            let mut missing = BTreeSet::new();
            setting.value = variables.fill(&setting.value, &mut missing);
            let Some(variable) = missing.first() else { continue };
            let key = setting.name.to_lowercase().replace('_', "");
            if needed.contains(&key.as_str()) {
                return Err(format!(
                    "its {} is the variable `{variable}`, which has no value; name the environment with --environment",
                    setting.name
                ));
            }
            lost.insert(setting.name.clone());
            if key == "clientsecret" && !has_secret {
                self.notes.push(format!(
                    "The client secret was the variable `{variable}`, which has no value; set it with `client edit NAME \
                     --client-secret-file FILE`."
                ));
            } else {
                self.notes.push(format!(
                    "`{}` was the variable `{variable}`, which has no value; it was left out.",
                    setting.name
                ));
            }
        }
        self.settings.retain(|setting| !lost.contains(&setting.name));
        for rows in [&mut self.authorize, &mut self.token, &mut self.refresh] {
            requests::fill_in(rows, variables, &mut self.notes);
        }
        Ok(())
    }

    fn grant(&mut self) -> Result<GrantType, String> {
        Ok(match self.settings.take(&["granttype"]).as_str() {
            "" | "authorization_code" | "authorization_code_with_pkce" => GrantType::AuthorizationCode,
            "implicit" => {
                let said = "It used the implicit grant, which hands tokens out in an address (RFC 9700 §2.1.2); now it is the \
                            authorization code: allow that where the client is registered.";
                self.notes.push(said.to_owned());
                GrantType::AuthorizationCode
            }
            "client_credentials" => GrantType::ClientCredentials,
            "password" | "password_credentials" => GrantType::Password,
            "device_code" | GrantType::DEVICE_CODE => GrantType::DeviceCode,
            other => return Err(format!("the grant `{other}` is not known here")),
        })
    }

    /// It is registered, so it stays.
    fn redirect_uri(&mut self, grant: &GrantType, default_redirect: &str) -> RedirectUri {
        let uri = self.settings.take(REDIRECT_URI);
        if uri.is_empty() || uri == default_redirect || *grant != GrantType::AuthorizationCode {
            return RedirectUri::Auto;
        }
        self.notes.push(format!(
            "The redirect URI stays {uri}, where the answer has to be copied and pasted here. To be spared that, register \
             {default_redirect} too and set redirect_uri to auto."
        ));
        RedirectUri::Literal(uri)
    }

    fn authentication(&mut self, has_secret: bool) -> AuthMethod {
        let said = self.settings.take(&["clientauthentication", "credentialsplacement", "credentialsinbody"]);
        match said.as_str() {
            "header" | "basic_auth_header" | "false" if has_secret => AuthMethod::Basic,
            "body" | "true" if has_secret => AuthMethod::Post,
            _ => AuthMethod::Auto,
        }
    }

    fn api(&mut self) -> Api {
        let mut api = Api::default();
        let key = self.settings.take(&["tokenquerykey"]);
        let has_prefix = ["headerprefix", "tokenheaderprefix"].iter().any(|name| self.settings.has(name));
        let prefix = self.settings.take(&["headerprefix", "tokenheaderprefix", "tokenprefix"]);
        match self.settings.take(&["addtokento", "tokenplacement"]).as_str() {
            "queryParams" | "url" => {
                api.token_in = TokenPlace::Query;
                api.name = if key.is_empty() { "access_token".to_owned() } else { key };
                api.template = "{access_token}".to_owned();
            }
            _ if has_prefix || !prefix.is_empty() => api.template = format!("{} {{access_token}}", prefix.trim()),
            _ => {}
        }
        api
    }

    fn pkce(&mut self, grant: &GrantType) -> Pkce {
        let algorithm = self.settings.take(&["challengealgorithm", "pkcemethod"]);
        let wanted = self.settings.take(&["pkce", "usepkce"]);
        if wanted == "false" && *grant == GrantType::AuthorizationCode {
            let said = "PKCE (S256) is sent now; if the authorization server refuses it, set pkce to off.";
            self.notes.push(said.to_owned());
        }
        if algorithm == "plain" && wanted != "false" { Pkce::Plain } else { Pkce::S256 }
    }

    fn say_what_is_left(&mut self, grant: &GrantType) {
        let has_login = !self.settings.take(&["username"]).is_empty() | !self.settings.take(&["password"]).is_empty();
        if has_login && *grant == GrantType::Password {
            self.notes.push("User name and password are never kept; `authorize` asks for them.".to_owned());
        }
        let tokens = ["accesstoken", "refreshtoken", "idtoken", "token"];
        if !self.settings.take(&tokens).is_empty() && self.tokens.is_none() {
            self.notes.push("Its token was not carried over: authorize it here.".to_owned());
        }
        let unknown: Vec<_> = self.settings.left(TRIFLES).map(str::to_owned).collect();
        for name in unknown {
            let fixed = FRESH.contains(&name.to_lowercase().replace('_', "").as_str());
            self.notes.push(match fixed {
                true => format!("`{name}` had a fixed value; it is now made anew for each request."),
                false => format!("`{name}` was not carried over."),
            });
        }
    }
}

/// Between commas only where there are no spaces.
fn scopes(text: &str) -> (Vec<String>, ScopeSeparator) {
    let by_comma = text.contains(',') && !text.trim().contains(' ');
    let words = text.split(|c: char| if by_comma { c == ',' } else { c.is_whitespace() });
    let scopes: Vec<_> = words.filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let separator =
        if by_comma && scopes.len() > 1 { ScopeSeparator(",".to_owned()) } else { ScopeSeparator::default() };
    (scopes, separator)
}
