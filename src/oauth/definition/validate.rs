//! What makes a definition usable. Every problem is found at once and named by the field's path, so that the form, the
//! command line and the API can say the same.

mod keys;
mod placeholders;
mod second_step;
mod token_file;

use super::*;
use crate::oauth::template;
use placeholders::Braces;
use url::Url;

/// Placeholders that a request knows besides the variables and [`placeholders::CLIENT`].
const AUTHORIZE: &[&str] = &["state", "nonce", "code_challenge", "code_challenge_method"];
const TOKEN: &[&str] = &["client_secret", "code", "code_verifier", "state", "device_code", "username", "password"];
const REFRESH: &[&str] = &["client_secret", "refresh_token", "access_token"];

struct Check<'d> {
    definition: &'d Definition,
    errors: Vec<FieldError>,
}

impl Definition {
    /// All rules that serde cannot say.
    pub fn validate(&self) -> Result<(), Invalid> {
        let mut check = Check { definition: self, errors: Vec::new() };
        check.identity();
        check.authorization_request();
        check.callback();
        check.token_and_refresh();
        check.extension_grant();
        check.upgrade();
        check.signer();
        check.assertion();
        check.passwords();
        check.response("response", &self.response);
        check.api();
        check.further_endpoints();
        check.token_file();
        if check.errors.is_empty() { Ok(()) } else { Err(Invalid(check.errors)) }
    }
}

impl Check<'_> {
    fn fail(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.errors.push(FieldError { path: path.into(), message: message.into() });
    }

    fn identity(&mut self) {
        let definition = self.definition;
        if definition.client_id.trim().is_empty() {
            self.fail(
                "client_id",
                "the client ID is missing; the authorization server shows it where you registered the app",
            );
        }
        if definition.service.chars().any(char::is_control) {
            self.fail("service", "a service is one line without control characters");
        }
        if definition.client_id.chars().any(char::is_control) {
            self.fail("client_id", "a client ID holds no line breaks or other control characters");
        }
        if let GrantType::Other(uri) = &definition.grant
            && !uri.contains(':')
        {
            self.fail("grant", "choose authorization_code, device_code, client_credentials, password, or write a URI");
        }
        if let Some(issuer) = &definition.issuer
            && !Url::parse(issuer).is_ok_and(|url| is_web(&url) && url.query().is_none() && url.fragment().is_none())
        {
            self.fail(
                "issuer",
                "an issuer is an https URL without query and fragment, such as https://accounts.example.com",
            );
        }
        for (name, value) in &definition.vars {
            if !template::is_variable_name(name) {
                self.fail(format!("vars.{name}"), "a variable's name is a letter followed by letters, digits and _");
            } else if value.chars().any(char::is_control) {
                self.fail(format!("vars.{name}"), "a variable's value holds no control characters");
            }
        }
        for scope in &definition.scopes {
            if scope.is_empty() || scope.chars().any(|c| c.is_control() || c == ' ') {
                self.fail("scopes", format!("`{}` is not one scope: write one scope an entry", scope.escape_debug()));
            }
        }
        if definition.scope_separator.0.is_empty() {
            self.fail("scope_separator", "write what stands between two scopes, such as a space or a comma");
        }
        if let RedirectUri::Literal(uri) = &definition.redirect_uri
            && (uri.is_empty() || uri.contains(char::is_whitespace) || uri.contains('#'))
        {
            self.fail(
                "redirect_uri",
                "write `auto`, or the redirect URI exactly as it is registered, without spaces and `#`",
            );
        }
    }

    fn authorization_request(&mut self) {
        let definition = self.definition;
        let authorize = &definition.authorize;
        if definition.grant == GrantType::AuthorizationCode {
            self.required("authorize.url", &authorize.url, "the authorization endpoint");
        }
        let (address, fragment) = authorize.address();
        self.url("authorize.url", Some(&address.to_owned()), AUTHORIZE, false);
        if fragment.is_some() && authorize.fragment_route.is_some() {
            self.fail("authorize.fragment_route", "authorize.url has a fragment already; write one of the two");
        }
        self.own_query(
            "authorize.fragment_route",
            authorize.fragment_route.as_deref().unwrap_or_default(),
            Braces::Plain,
        );
        self.overlay("authorize.params", &authorize.params, AUTHORIZE, false);
        let dropped = |name: &str| authorize.params.get(name) == Some(&None);
        if dropped("state")
            && !authorize.carries("{state}")
            && definition.callback.state_policy == StatePolicy::Required
        {
            self.fail(
                "authorize.params.state",
                "the state protects the callback: rename it with another parameter set to {state}",
            );
        }
        if dropped("code_challenge") && !authorize.carries("{code_challenge}") && definition.pkce != Pkce::Off {
            self.fail("authorize.params.code_challenge", "to leave the challenge out, set pkce to off");
        }
        if let Some(Some(wanted)) = authorize.params.get("response_type") {
            let implicit = |word: &str| matches!(word, "token" | "none");
            if wanted.split(' ').any(implicit) || wanted == "id_token" {
                self.fail(
                    "authorize.params.response_type",
                    "only the authorization code flow is used (RFC 9700 §2.1.2)",
                );
            }
        }
    }

    fn callback(&mut self) {
        let callback = &self.definition.callback;
        for (path, name) in
            [("callback.code_param", &callback.code_param), ("callback.state_param", &callback.state_param)]
        {
            if name.is_empty() {
                self.fail(path, "write the parameter's name");
            }
        }
        if callback.state_policy == StatePolicy::Unsolicited && self.definition.pkce != Pkce::Off {
            self.fail(
                "pkce",
                "a code that the server sends of its own accord has no challenge of ours: set pkce to off",
            );
        }
        if callback.methods.is_empty() {
            self.fail("callback.methods", "at least one of GET and POST must be accepted");
        }
        for (index, capture) in callback.capture.iter().enumerate() {
            let path = format!("callback.capture.{index}");
            if capture.name.is_empty() {
                self.fail(format!("{path}.name"), "write the callback parameter's name");
            }
            if capture.pattern.is_empty() {
                self.fail(format!("{path}.pattern"), "write a pattern the whole value must match, such as [0-9]{1,20}");
            } else if let Err(error) = regex_lite::Regex::new(&capture.pattern) {
                self.fail(format!("{path}.pattern"), format!("this pattern cannot be read: {error}"));
            }
        }
    }

    fn token_and_refresh(&mut self) {
        let (token, refresh) = (&self.definition.token, &self.definition.refresh);
        if self.definition.publish != Publish::Code {
            self.required("token.url", &token.url, "the token endpoint");
        }
        self.url("token.url", Some(&token.url), &[], true);
        self.overlay("token.params", &token.params, TOKEN, true);
        self.references("token.params", &token.params);
        self.headers("token.headers", &token.headers, TOKEN);
        self.basic("token.auth", &token.auth);
        self.keys();
        self.url("refresh.url", refresh.url.as_ref(), &[], true);
        self.overlay("refresh.params", &refresh.params, REFRESH, true);
        if let Some(auth) = &refresh.auth {
            self.basic("refresh.auth", auth);
        }
        if let Some(headers) = &refresh.headers {
            self.headers("refresh.headers", headers, REFRESH);
        }
    }

    /// What a well-known extension grant cannot do without.
    fn extension_grant(&mut self) {
        let (name, what) = match self.definition.grant.as_str() {
            GrantType::JWT_BEARER if self.definition.makes_assertions() => return,
            GrantType::JWT_BEARER => ("assertion", "a JWT, such as {grant.NAME.id_token}"),
            GrantType::TOKEN_EXCHANGE => ("subject_token", "the token to exchange, such as {grant.NAME.access_token}"),
            _ => return,
        };
        if !matches!(self.definition.token.params.get(name), Some(Some(_))) {
            self.fail(format!("token.params.{name}"), format!("this grant needs it: {what}"));
        }
    }

    fn response(&mut self, at: &str, response: &Response) {
        for (path, fields) in [("fields", &response.fields), ("error_paths", &response.error_paths)] {
            for (name, paths) in fields {
                if paths.0.is_empty() || paths.0.iter().any(String::is_empty) {
                    self.fail(format!("{at}.{path}.{name}"), "write where the value is, such as data.access_token");
                }
            }
        }
        for (path, kept) in [("capture", &response.capture), ("extra_tokens", &response.extra_tokens)] {
            for (name, place) in kept {
                if !template::is_variable_name(name) || place.is_empty() {
                    let said = "write a name (letters, digits, _) and the place of its value";
                    self.fail(format!("{at}.{path}.{name}"), said);
                }
            }
        }
        for name in response.extra_tokens.keys().filter(|name| response.capture.contains_key(*name)) {
            self.fail(format!("{at}.extra_tokens.{name}"), "a value of this name is kept already; choose another name");
        }
        let nowhere = self.definition.introspect.url.as_deref().unwrap_or_default().is_empty();
        if response.expires == ExpiresUnit::Introspect && nowhere {
            self.fail("introspect.url", format!("{at}.expires says that the end is asked for: write where"));
        }
    }

    fn api(&mut self) {
        let api = &self.definition.api;
        if !is_token(&api.name) {
            self.fail("api.name", "write the name of the header or query parameter that carries the token");
        }
        if !api.template.contains("{access_token}") {
            self.fail("api.template", "the template must hold {access_token}");
        }
        self.template("api.template", &api.template, &["access_token"], true);
        self.url("api.base_url", api.base_url.as_ref(), &[], true);
        self.headers("api.headers", &api.headers, &["access_token"]);
    }

    fn further_endpoints(&mut self) {
        let definition = self.definition;
        if definition.grant == GrantType::DeviceCode {
            self.required(
                "device.url",
                definition.device.url.as_deref().unwrap_or_default(),
                "the device authorization endpoint",
            );
        }
        let endpoints = [
            ("revoke.url", &definition.revoke.url),
            ("introspect.url", &definition.introspect.url),
            ("userinfo.url", &definition.userinfo.url),
            ("device.url", &definition.device.url),
        ];
        for (path, url) in endpoints {
            self.url(path, url.as_ref(), &[], true);
        }
        self.overlay("device.params", &definition.device.params, &["client_secret"], true);
        let of_a_token = &["client_secret", "token", "token_type_hint"];
        self.overlay("revoke.params", &definition.revoke.params, of_a_token, true);
        self.overlay("introspect.params", &definition.introspect.params, of_a_token, true);
        self.url("id_token.jwks_url", definition.id_token.jwks_url.as_ref(), &[], false);
        if definition.id_token.jwks_url.is_some() && definition.issuer.is_none() {
            self.fail("id_token.jwks_url", "write the issuer too: an ID token must come from it");
        }
    }

    fn required(&mut self, path: &str, text: &str, what: &str) {
        if text.is_empty() {
            self.fail(
                path,
                format!("{what} is missing; the server's documentation names it, or fill it in from an issuer"),
            );
        }
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
