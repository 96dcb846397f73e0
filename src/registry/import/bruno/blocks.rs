//! The `.bru` notation: blocks from `name {` to a `}` at the start of a line, with a `key: value` in each line.

use super::super::variables::Variables;

pub struct Blocks(Vec<(String, Vec<String>)>);

impl Blocks {
    pub fn read(text: &str) -> Self {
        let mut blocks: Vec<(String, Vec<String>)> = Vec::new();
        let mut inside = false;
        for line in text.lines() {
            match line.strip_suffix('{') {
                Some(name) if !inside && !line.starts_with(char::is_whitespace) => {
                    blocks.push((name.trim().to_owned(), Vec::new()));
                    inside = true;
                }
                _ if line.trim_end() == "}" => inside = false,
                _ if inside => blocks.last_mut().into_iter().for_each(|(_, lines)| lines.push(line.trim().to_owned())),
                _ => {}
            }
        }
        Self(blocks)
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Keys and values; a line that begins with `~` is switched off.
    pub fn pairs(&self, name: &str) -> Option<Vec<(String, String)>> {
        let (_, lines) = self.0.iter().find(|(known, _)| known == name)?;
        let on = lines.iter().filter(|line| !line.starts_with('~')).filter_map(|line| line.split_once(':'));
        Some(on.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect())
    }

    pub fn variables(&self) -> Variables {
        let blocks = ["vars", "vars:pre-request"].iter().filter_map(|name| self.pairs(name));
        blocks.flatten().collect()
    }
}
