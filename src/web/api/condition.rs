//! On which version of a client a change may be made (RFC 9110 §13.1).

use super::Answer;
use crate::app::App;
use crate::flows::Error;
use crate::flows::clients::Base;
use crate::registry::{self, Version};
use crate::web::problem::Problem;
use rocket::http::HeaderMap;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};

/// What `If-Match` and `If-None-Match` say.
#[derive(Debug)]
pub struct Condition(pub Base);

impl Condition {
    fn of(headers: &HeaderMap<'_>) -> Answer<Self> {
        let (matching, none_matching) = (headers.get_one("If-Match"), headers.get_one("If-None-Match"));
        match (matching.map(str::trim), none_matching.map(str::trim)) {
            (None, None) => Ok(Self(Base::Any)),
            (Some("*"), None) => Ok(Self(Base::Present)),
            (Some(tags), None) => Ok(Self(Base::OneOf(tags.split(',').filter_map(version).collect()))),
            (None, Some("*")) => Ok(Self(Base::Absent)),
            _ => Err(Problem::bad_request("send If-Match with the ETag of the definition, or If-None-Match: *")),
        }
    }

    /// What a change is refused with.
    pub fn problem(&self, app: &App, error: Error) -> Problem {
        let is_of_condition = match &error {
            Error::Registry(registry::Error::Exists(_)) => self.0 == Base::Absent,
            _ => self.0 != Base::Any,
        };
        if is_of_condition { Problem::of_conditional(app, error) } else { Problem::of(app, error) }
    }
}

/// A strong entity tag. A weak one never matches, and neither does what is none (§13.1.1).
fn version(tag: &str) -> Option<Version> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Condition {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        match Condition::of(request.headers()) {
            Ok(condition) => Outcome::Success(condition),
            Err(problem) => Outcome::Error((problem.status, problem)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::http::Header;

    fn of(pairs: &[(&'static str, &'static str)]) -> Option<Base> {
        let mut headers = HeaderMap::new();
        pairs.iter().for_each(|&(name, value)| headers.add(Header::new(name, value)));
        Condition::of(&headers).ok().map(|condition| condition.0)
    }

    #[test]
    fn only_strong_tags_count() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert_eq!(of(&[]), Some(Base::Any));
        assert_eq!(of(&[("If-Match", r#""a" , "b""#)]), Some(Base::OneOf(vec![version("a"), version("b")])));
        assert_eq!(of(&[("If-Match", r#"W/"a", b"#)]), Some(Base::OneOf(Vec::new())));
        assert_eq!(of(&[("If-Match", "*")]), Some(Base::Present));
        assert_eq!(of(&[("If-None-Match", "*")]), Some(Base::Absent));
        assert_eq!(of(&[("If-None-Match", r#""a""#)]), None);
    }
}
