//! JSON as a person writes it: no key twice, and every mistake has a line and a column.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// A place in a text; both count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// A text that is not JSON, or says the same key twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct NotJson {
    pub position: Position,
    pub message: String,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl Position {
    /// Of the byte at `offset`.
    pub fn at(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        Self { line, column: String::from_utf8_lossy(&before[start..]).chars().count() + 1 }
    }

    /// Of the deepest key of `path` that the JSON text has.
    pub fn of_key(text: &str, path: &[&str]) -> Self {
        let mut scan = Scan { text, at: 0, found: 0 };
        scan.value(path);
        Self::at(text.as_bytes(), scan.found)
    }
}

/// Reads JSON text in which no object has a key twice. Keys keep their order.
pub fn parse(text: &str) -> Result<Value, NotJson> {
    serde_json::from_str::<Strict>(text).map(|strict| strict.0).map_err(|error| {
        let said = error.to_string();
        let message = said.rsplit_once(" at line ").map_or(said.as_str(), |(message, _)| message).to_owned();
        NotJson { position: Position { line: error.line().max(1), column: error.column().max(1) }, message }
    })
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Strict)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("`{key}` is there twice; remove or rename one")));
            }
            let Strict(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// Walks text that is known to be JSON, only to tell where its keys are.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    found: usize,
}

impl<'t> Scan<'t> {
    fn value(&mut self, path: &[&str]) {
        match self.next_byte() {
            Some(b'{') => self.items(path, |scan| {
                let key = scan.string();
                scan.next_byte();
                scan.at += 1; // The colon.
                serde_json::from_str(key).unwrap_or_default()
            }),
            Some(b'[') => {
                let mut index = 0..;
                self.items(path, |_| index.next().map(|index: u32| index.to_string()).unwrap_or_default());
            }
            Some(b'"') => {
                self.string();
            }
            _ => self.at += self.rest().find([',', '}', ']']).unwrap_or(self.rest().len()),
        }
    }

    /// The inside of an object or an array; `name` reads what is before a value and names the value.
    fn items(&mut self, path: &[&str], mut name: impl FnMut(&mut Self) -> String) {
        self.at += 1;
        while let Some(byte) = self.next_byte() {
            match byte {
                b'}' | b']' => return self.at += 1,
                b',' => self.at += 1,
                _ => {
                    let start = self.at;
                    let here = name(self);
                    match path.split_first() {
                        Some((wanted, rest)) if here == *wanted => {
                            self.found = start;
                            self.value(rest);
                        }
                        _ => self.value(&[]),
                    }
                }
            }
        }
    }

    fn string(&mut self) -> &'t str {
        let start = self.at;
        let mut escaped = false;
        let length = self.rest().bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        self.at += length.map_or(self.rest().len(), |length| length + 2);
        &self.text[start..self.at]
    }

    /// The next byte that is not white space, which stays.
    fn next_byte(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().bytes().next()
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"a}\": [1, {\"b\\\"\": \"x\"}],\n  \"é\": {\"c.d\": {\"e\": null}}, \"f\": true\n}";

    #[test]
    fn a_key_twice_is_refused_at_any_depth() {
        let NotJson { position, message } = parse("{\n \"a\": {\"b\": 1,\n \"b\": 2}}").unwrap_err();
        assert_eq!((position.line, message.as_str()), (3, "`b` is there twice; remove or rename one"));
    }

    #[test]
    fn a_key_is_found_where_it_is() {
        let at = |path: &[&str]| Position::of_key(TEXT, path).to_string();
        assert_eq!(at(&["a}"]), "line 2, column 3");
        assert_eq!(at(&["a}", "1", "b\""]), "line 2, column 14");
        assert_eq!(at(&["é", "c.d", "e"]), "line 3, column 17");
        assert_eq!(at(&["é", "c.d", "absent"]), "line 3, column 9");
        assert_eq!(at(&["f"]), "line 3, column 30");
        assert_eq!(at(&["absent"]), "line 1, column 1");
    }

    #[test]
    fn values_and_their_order_are_kept() {
        let text = r#"{"z":1,"a":[-1,0.5,"x",true,null,{}],"m":18446744073709551615}"#;
        assert_eq!(parse(text).unwrap().to_string(), text);
    }
}
