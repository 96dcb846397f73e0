//! What goes beyond one plain token request, and what may not be kept in a definition.

use super::{Check, REFRESH, is_token};
use crate::oauth::definition::{Auth, AuthMethod, GrantType, Overlay, Signer, SignerPlace, Upgrade};
use crate::oauth::template;

/// What a signed message may hold besides the client's own values.
const SIGNED: &[&str] =
    &["client_secret", "code", "code_verifier", "state", "access_token", "refresh_token", "path", "params", "body"];

impl Check<'_> {
    pub(super) fn upgrade(&mut self) {
        let upgrade = &self.definition.upgrade;
        if !upgrade.is_wanted() && *upgrade != Upgrade::default() {
            self.fail("upgrade.url", "the URL of the second request is missing");
        }
        self.url("upgrade.url", upgrade.url.as_ref(), REFRESH, true);
        self.overlay("upgrade.params", &upgrade.params, REFRESH, true);
        self.headers("upgrade.headers", &upgrade.headers, REFRESH);
        if let Some(auth) = &upgrade.auth {
            self.basic("upgrade.auth", auth);
        }
        if let Some(response) = &upgrade.response {
            self.response("upgrade.response", response);
        }
    }

    pub(super) fn signer(&mut self) {
        let signer = &self.definition.signer;
        if !signer.is_wanted() {
            if *signer != Signer::default() {
                self.fail("signer.message", "write what is signed, such as {path}{params}");
            }
            return;
        }
        if !is_token(&signer.name) {
            self.fail("signer.name", "write the name of the parameter or header that carries the signature");
        }
        if signer.place == SignerPlace::Param && template::placeholders(&signer.message).any(|name| name == "body") {
            let said =
                "the body holds the signature itself: sign {params}, or put the signature into a header or the query";
            self.fail("signer.message", said);
        }
        self.template("signer.message", &signer.message, SIGNED, true);
        if let Some(key) = &signer.key {
            self.template("signer.key", key, &["client_secret"], true);
            if !key.contains("{client_secret}") {
                self.fail("signer.key", "the key is a secret: write {client_secret}, alone or with a text around it");
            }
        }
    }

    pub(super) fn assertion(&mut self) {
        let assertion = &self.definition.assertion;
        if self.definition.makes_assertions() {
            for (name, value) in &assertion.claims.0 {
                self.template(&format!("assertion.claims.{name}"), value.as_deref().unwrap_or_default(), &[], false);
            }
            if assertion.lifetime_s == 0 {
                self.fail("assertion.lifetime_s", "an assertion lives at least a second; most servers take 60");
            }
        } else if *assertion != Default::default() {
            let said = format!(
                "it counts only with the grant {}, without an assertion in token.params",
                GrantType::JWT_BEARER
            );
            self.fail("assertion", said);
        }
    }

    /// The halves of HTTP Basic. What is secret in them is a placeholder.
    pub(super) fn basic(&mut self, path: &str, auth: &Auth) {
        if auth.user.is_none() && auth.password.is_none() {
            return;
        }
        let (user, password) = (auth.user.as_deref().unwrap_or_default(), auth.password.as_deref().unwrap_or_default());
        if auth.method != AuthMethod::Basic {
            self.fail(format!("{path}.method"), "a user and a password of their own are for basic");
        }
        if user.is_empty() {
            self.fail(format!("{path}.user"), "write the user too, such as {client_id}");
        }
        self.template(&format!("{path}.user"), user, &["client_secret"], true);
        self.template(&format!("{path}.password"), password, &["client_secret"], true);
        self.not_kept(&format!("{path}.password"), password);
    }

    /// No password is kept: whoever knows it types it in (RFC 9700 §2.4).
    pub(super) fn passwords(&mut self) {
        let definition = self.definition;
        let params: [(&str, &Overlay); 6] = [
            ("token.params", &definition.token.params),
            ("refresh.params", &definition.refresh.params),
            ("upgrade.params", &definition.upgrade.params),
            ("device.params", &definition.device.params),
            ("revoke.params", &definition.revoke.params),
            ("introspect.params", &definition.introspect.params),
        ];
        for (path, params) in params {
            if let Some(Some(value)) = params.get("password") {
                self.not_kept(&format!("{path}.password"), value);
            }
        }
    }

    fn not_kept(&mut self, path: &str, value: &str) {
        let is_known = |name: &str| self.definition.vars.contains_key(name);
        let mut names = template::placeholders(value).peekable();
        let is_placeholder = names.peek().is_some() && !names.any(is_known);
        if !value.is_empty() && !is_placeholder {
            let said = "a password is never stored here: write {client_secret}, which is sealed, or choose the grant \
                        `password`, which asks for {password} each time";
            self.fail(path, said);
        }
    }
}
