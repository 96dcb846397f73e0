//! The challenges of a `WWW-Authenticate` header (RFC 9110 §11.6.1).

/// One challenge: how the server would like to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// As sent; schemes are compared without regard to case.
    pub scheme: String,
    /// Names in small letters, values unquoted.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter; one that comes twice counts as absent, because it is unclear which is meant.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }
}

/// Reads as far as the text is understood: what comes behind a mistake is not guessed at.
pub fn challenges(header: &str) -> Vec<Challenge> {
    let mut all: Vec<Challenge> = Vec::new();
    let mut rest = Cursor(header);
    loop {
        rest.skip(|c| matches!(c, ',' | ' ' | '\t'));
        let Some(name) = rest.token() else { return all };
        if rest.equals() {
            let (Some(challenge), Some(value)) = (all.last_mut(), rest.value()) else { return all };
            challenge.parameters.push((name.to_ascii_lowercase(), value));
            if !rest.ends_item() {
                return all;
            }
        } else {
            all.push(Challenge { scheme: name.to_owned(), parameters: Vec::new() });
            rest.token68();
        }
    }
}

/// What is left to read.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        self.0 = self.0.trim_start_matches(skipped);
    }

    fn split(&mut self, end: usize) -> Option<&'a str> {
        let (head, tail) = self.0.split_at_checked(end)?;
        self.0 = tail;
        (!head.is_empty()).then_some(head)
    }

    /// RFC 9110 §5.6.2.
    fn token(&mut self) -> Option<&'a str> {
        let other = |c: char| !(c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
        self.split(self.0.find(other).unwrap_or(self.0.len()))
    }

    /// The sign between a parameter's name and its value, with the "bad" white space around it.
    fn equals(&mut self) -> bool {
        let Some(after) = self.0.trim_start_matches([' ', '\t']).strip_prefix('=') else { return false };
        self.0 = after.trim_start_matches([' ', '\t']);
        true
    }

    /// Whether nothing but a comma follows.
    fn ends_item(&mut self) -> bool {
        self.skip(|c| matches!(c, ' ' | '\t'));
        self.0.is_empty() || self.0.starts_with(',')
    }

    fn value(&mut self) -> Option<String> {
        match self.0.strip_prefix('"') {
            Some(quoted) => self.quoted(quoted),
            None => self.token().map(str::to_owned),
        }
    }

    /// RFC 9110 §5.6.4. A quote that never ends is no value.
    fn quoted(&mut self, text: &'a str) -> Option<String> {
        let mut value = String::new();
        let mut signs = text.char_indices();
        while let Some((at, sign)) = signs.next() {
            match sign {
                '"' => {
                    self.0 = &text[at + 1..];
                    return Some(value);
                }
                '\\' => value.push(signs.next()?.1),
                sign => value.push(sign),
            }
        }
        None
    }

    /// Passes over credentials in one piece (`Negotiate YII=`), which fill their whole challenge.
    fn token68(&mut self) {
        let text = self.0.trim_start_matches(' ');
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-._~+/=".contains(c))).unwrap_or(text.len());
        let after = text[end..].trim_start_matches([' ', '\t']);
        if end > 0 && text.len() < self.0.len() && (after.is_empty() || after.starts_with(',')) {
            // `a=b` is a parameter: here the sign stands at the end only.
            let padded = text[..end].trim_end_matches('=');
            if !padded.contains('=') && !padded.is_empty() {
                self.0 = after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Vec<(String, Vec<(String, String)>)> {
        challenges(header).into_iter().map(|challenge| (challenge.scheme, challenge.parameters)).collect()
    }

    fn challenge(scheme: &str, parameters: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        (scheme.to_owned(), parameters.iter().map(owned).collect())
    }

    #[test]
    fn challenges_are_read_as_servers_write_them() {
        for (header, expected) in [
            ("Bearer", vec![challenge("Bearer", &[])]),
            ("Bearer realm=\"a, b\"", vec![challenge("Bearer", &[("realm", "a, b")])]),
            (
                "Bearer Realm = x , error=invalid_token",
                vec![challenge("Bearer", &[("realm", "x"), ("error", "invalid_token")])],
            ),
            (r#"Bearer realm="say \"a\" \\""#, vec![challenge("Bearer", &[("realm", r#"say "a" \"#)])]),
            ("Negotiate YII/+a==, Bearer a=b", vec![challenge("Negotiate", &[]), challenge("Bearer", &[("a", "b")])]),
            (
                "Basic, Bearer,DPoP algs=\"ES256\"",
                vec![challenge("Basic", &[]), challenge("Bearer", &[]), challenge("DPoP", &[("algs", "ES256")])],
            ),
            (
                "Newauth realm=\"apps\", type=1, title=\"Login\", Basic realm=\"simple\"",
                vec![
                    challenge("Newauth", &[("realm", "apps"), ("type", "1"), ("title", "Login")]),
                    challenge("Basic", &[("realm", "simple")]),
                ],
            ),
            (", ,Bearer\ta=\"é\"", vec![challenge("Bearer", &[("a", "é")])]),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
    }

    #[test]
    fn nothing_behind_a_mistake_is_believed() {
        for (header, expected) in [
            ("", vec![]),
            ("=a", vec![]),
            ("a=b", vec![]),
            ("\"Bearer\"", vec![]),
            (
                "Bearer a=\"never ends, resource_metadata=\"x\"",
                vec![challenge("Bearer", &[("a", "never ends, resource_metadata=")])],
            ),
            ("Bearer a=\"ends in \\", vec![challenge("Bearer", &[])]),
            ("Bearer a=;, b=c", vec![challenge("Bearer", &[])]),
            ("Bearer a=b\u{0}, c=d", vec![challenge("Bearer", &[("a", "b")])]),
            ("é Bearer a=b", vec![]),
        ] {
            assert_eq!(read(header), expected, "{header:?}");
        }
    }

    #[test]
    fn a_parameter_that_comes_twice_is_none() {
        let all = challenges("Bearer a=b, A=c, d=e");
        assert_eq!((all[0].parameter("a"), all[0].parameter("d"), all[0].parameter("x")), (None, Some("e"), None));
    }

    #[test]
    fn a_long_header_is_read_in_time() {
        for part in ["a ", "a=b,", "\"", "a=\"\\", ",", "A", "= "] {
            challenges(&part.repeat(200_000));
        }
    }
}
