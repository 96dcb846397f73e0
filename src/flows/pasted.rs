//! A redirect URL that a person pasted, for machines that the authorization server cannot send the browser to.

use crate::oauth::authorization_response::{AuthorizationResponse, BadResponse};
use crate::oauth::secret::Secret;
use url::Url;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPaste {
    #[error("nothing was pasted; copy the whole address from the browser's address bar")]
    Empty,
    #[error("this holds no `?code=…`; copy the whole address from the browser's address bar, after you agreed")]
    NoParameters,
    #[error(transparent)]
    Response(#[from] BadResponse),
}

/// An address that can be used, as it was pasted.
#[derive(Debug)]
pub struct Pasted {
    pub text: Secret,
    pub response: AuthorizationResponse,
}

impl Pasted {
    pub fn read(text: &str) -> Result<Self, BadPaste> {
        Ok(Self { text: Secret::new(text), response: response(text)? })
    }
}

/// Takes a whole URL, or just its query; parameters behind `#` count too.
pub fn response(text: &str) -> Result<AuthorizationResponse, BadPaste> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadPaste::Empty);
    }
    let query = match Url::parse(text) {
        Ok(url) => url.query().or(url.fragment()).unwrap_or_default().to_owned(),
        Err(_) => text.trim_start_matches(['?', '#']).to_owned(),
    };
    if !query.contains('=') {
        return Err(BadPaste::NoParameters);
    }
    Ok(AuthorizationResponse::from_pairs(url::form_urlencoded::parse(query.as_bytes()).into_owned())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_address_or_its_query_will_do() {
        for text in ["https://me.example/cb?code=a&state=b", " ?code=a&state=b ", "code=a&state=b", "myapp:/cb#code=a"]
        {
            assert_eq!(response(text).unwrap().get("code"), Some("a"), "{text}");
        }
    }

    #[test]
    fn anything_else_says_what_to_paste() {
        assert_eq!(response(" ").unwrap_err(), BadPaste::Empty);
        assert_eq!(response("https://me.example/cb").unwrap_err(), BadPaste::NoParameters);
        assert!(matches!(response("code=a&code=b"), Err(BadPaste::Response(_))));
    }
}
