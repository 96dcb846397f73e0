//! Whether the file of a token can be what it is for.

use super::Check;
use crate::oauth::definition::{TokenFile, TokenFormat, TokenPlace, is_netrc_word};

impl Check<'_> {
    pub(super) fn token_file(&mut self) {
        let (file, api) = (&self.definition.token_file, &self.definition.api);
        if !file.is_wanted() {
            if *file != TokenFile::default() {
                self.fail("token_file.name", "write the file's name, such as music.token");
            }
            return;
        }
        if !file.has_a_good_name() {
            let said = "write a name below the folder of token files, such as music.token or mail/{account}.json: letters, \
                        digits and . _ @ + - in each part, which does not start with a dot";
            self.fail("token_file.name", said);
        }
        match file.format {
            TokenFormat::Netrc if api.base_url.as_deref().is_none_or(str::is_empty) => {
                self.fail("api.base_url", "a netrc file names the host of the API: write its base URL");
            }
            TokenFormat::Header if api.token_in == TokenPlace::Query => {
                self.fail(
                    "token_file.format",
                    "the API takes the token in a query parameter: there is no header to write",
                );
            }
            _ => {}
        }
        if !is_netrc_word(&file.login) {
            self.fail("token_file.login", "write one word, such as oauth2");
        }
    }
}
