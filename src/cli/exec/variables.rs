//! Which variable gets whose token.

use crate::oauth::name::GrantName;
use std::str::FromStr;

const DEFAULT: &str = "ACCESS_TOKEN";

/// `VAR`, or `VAR=NAME`.
#[derive(Clone, Debug)]
pub struct Variable {
    variable: String,
    name: Option<GrantName>,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (variable, name) = match text.split_once('=') {
            Some((variable, name)) => (variable, Some(super::grant_name(name)?)),
            None => (text, None),
        };
        let plain = variable.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if variable.is_empty() || !plain || variable.starts_with(|c: char| c.is_ascii_digit()) {
            return Err("write the name of a variable (letters, digits and _), or VAR=NAME".to_owned());
        }
        Ok(Self { variable: variable.to_owned(), name })
    }
}

/// Each variable with its grant. Those without a name belong to the clients in their order; a single client needs none.
pub fn paired(names: Vec<GrantName>, variables: Vec<Variable>) -> Result<Vec<(String, GrantName)>, String> {
    let (named, mut plain): (Vec<_>, Vec<_>) = variables.into_iter().partition(|variable| variable.name.is_some());
    if plain.is_empty() && names.len() == 1 {
        plain.push(Variable { variable: DEFAULT.to_owned(), name: None });
    }
    if plain.len() != names.len() {
        let said = "give each client its variable: `exec mail calendar --env MAIL_TOKEN --env CALENDAR_TOKEN -- …`";
        return Err(format!("{} clients and {} variables for them; {said}", names.len(), plain.len()));
    }
    let mut pairs: Vec<_> = plain.into_iter().map(|variable| variable.variable).zip(names).collect();
    pairs.extend(named.into_iter().filter_map(|Variable { variable, name }| Some((variable, name?))));
    match (1..pairs.len()).find(|&at| pairs[..at].iter().any(|(variable, _)| *variable == pairs[at].0)) {
        Some(at) => Err(format!("two tokens cannot both be in {}", pairs[at].0)),
        None if pairs.is_empty() => Err("say whose token the command needs: `exec NAME -- COMMAND`".to_owned()),
        None => Ok(pairs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(names: &[&str], variables: &[&str]) -> Result<Vec<String>, String> {
        let names = names.iter().map(|name| name.parse().unwrap()).collect();
        let variables = variables.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let pairs = paired(names, variables)?;
        Ok(pairs.into_iter().map(|(variable, name)| format!("{variable}={name}")).collect())
    }

    #[test]
    fn each_token_has_a_variable_of_its_own() {
        assert_eq!(pairs(&["a"], &[]).unwrap(), ["ACCESS_TOKEN=a"]);
        assert_eq!(pairs(&["a@x"], &["V"]).unwrap(), ["V=a@x"]);
        assert_eq!(pairs(&["a", "b"], &["V", "W"]).unwrap(), ["V=a", "W=b"]);
        assert_eq!(pairs(&[], &["V=a", "W=b@c"]).unwrap(), ["V=a", "W=b@c"]);
        assert_eq!(pairs(&["a"], &["V=b"]).unwrap(), ["ACCESS_TOKEN=a", "V=b"]);
        assert_eq!(pairs(&["a", "b"], &["V", "X=c", "W"]).unwrap(), ["V=a", "W=b", "X=c"]);
    }

    #[test]
    fn what_is_unclear_is_refused() {
        for (names, variables) in [
            (&["a", "b"][..], &[][..]),
            (&["a", "b"], &["V"]),
            (&["a"], &["V", "W"]),
            (&[], &[]),
            (&["a", "b"], &["V", "V"]),
            (&["a"], &["1V"]),
            (&["a"], &[""]),
            (&["a"], &["V W"]),
            (&[], &["V=Not A Name"]),
        ] {
            assert!(pairs(names, variables).is_err(), "{names:?} {variables:?}");
        }
    }
}
