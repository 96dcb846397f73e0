//! Client authentication at the token endpoint (RFC 6749 §2.3, OpenID Connect Core §9, RFC 8705).

use super::{Overlay, SecretSource};
use crate::oauth::jwk::Algorithm;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// JSON: the method's name, or an object with `method` and its details.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Auth {
    pub method: AuthMethod,
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub encoding: BasicEncoding,
    /// Template of the user name in HTTP Basic; the client ID when absent.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub user: Option<String>,
    /// Template of the password in HTTP Basic; the client secret when both are absent, nothing when there is a user.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub password: Option<String>,
    /// How statements are signed; what the key's kind suggests when absent.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub alg: Option<Algorithm>,
    /// What the authorization server calls the key.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub kid: Option<String>,
    /// To whom statements are addressed.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub audience: Audience,
    /// Laid over the claims of a statement.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub claims: Overlay,
    /// PEM or JWK, for `private_key_jwt`; the certificate's key in PEM, for `tls_client_auth`.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub private_key: Option<SecretSource>,
    /// PEM, the client's own first, for `tls_client_auth`.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub certificate: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Found out: in the body first, then HTTP Basic (see [`crate::oauth::auth_alternatives`]).
    #[default]
    Auto,
    /// `client_id` and `client_secret` in the body.
    Post,
    /// HTTP Basic.
    Basic,
    /// A public client: `client_id` alone.
    None,
    /// A statement signed with the client secret.
    ClientSecretJwt,
    /// A statement signed with the private key.
    PrivateKeyJwt,
    /// A TLS client certificate.
    TlsClientAuth,
}

/// How the two halves of HTTP Basic are written: RFC 6749 §2.3.1 wants them form-encoded, many servers take them raw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BasicEncoding {
    /// Found out: form-encoded first, then raw (see [`crate::oauth::auth_alternatives`]).
    #[default]
    Auto,
    Form,
    Raw,
}

/// The one `aud` of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The issuer when it is known, else the token endpoint.
    #[default]
    Issuer,
    TokenEndpoint,
}

impl Auth {
    fn of(method: AuthMethod) -> Self {
        Self { method, ..Self::default() }
    }

    /// Whether there is more to say than the method's name.
    pub(super) fn has_key_details(&self) -> bool {
        let Self { encoding, user, password, .. } = self.clone();
        *self != Self { encoding, user, password, ..Self::of(self.method) }
    }
}

impl Serialize for Auth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::of(self.method) {
            self.method.serialize(serializer)
        } else {
            Self::serialize(self, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Auth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Detailed(Auth);
        impl<'de> Deserialize<'de> for Detailed {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Auth::deserialize(deserializer).map(Detailed)
            }
        }
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "client authentication is auto, post, basic, none, client_secret_jwt, private_key_jwt, tls_client_auth, \
                         or an object with `method` and its details"
        )]
        enum Written {
            Method(AuthMethod),
            Detailed(Detailed),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Method(method) => Auth::of(method),
            Written::Detailed(Detailed(auth)) => auth,
        })
    }
}
