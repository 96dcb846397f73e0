//! The folder of token files of one command: only ours, in memory where the system has such a place, gone at the end.

use super::super::error::Failure;
use crate::files;
use crate::flows::installation::Installation;
use crate::flows::token_answer::TokenAnswer;
use crate::oauth::name::GrantName;
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

/// A token may have been replaced early: a person authorized again, or it was rejected elsewhere.
pub const LOOK_AGAIN: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn create() -> Result<Self, Failure> {
        let above =
            env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute() && path.is_dir());
        let random = getrandom::u64().map_err(std::io::Error::other)?;
        let path = above.unwrap_or_else(env::temp_dir).join(format!("oauth-helper-{random:016x}"));
        files::create_private_folder(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The file of one token.
#[derive(Debug)]
pub struct TokenFile {
    pub path: PathBuf,
    name: GrantName,
    written: Secret,
    expires_at: Option<Timestamp>,
}

impl TokenFile {
    pub async fn write(
        installation: &Installation,
        path: PathBuf,
        name: &GrantName,
        min_valid: i64,
    ) -> Result<Self, Failure> {
        let mut file = Self { path, name: name.clone(), written: Secret::new(""), expires_at: None };
        file.look_again(installation, min_valid).await?;
        Ok(file)
    }

    /// Replaces the file where there is another token by now.
    pub async fn look_again(&mut self, installation: &Installation, min_valid: i64) -> Result<(), Failure> {
        let TokenAnswer { access_token, expires_at, .. } =
            installation.token(&self.name, min_valid.into()).await?.value;
        if !access_token.matches(self.written.expose()) {
            files::write_private(&self.path, access_token.expose().as_bytes())?;
            (self.written, self.expires_at) = (access_token, expires_at);
        }
        Ok(())
    }

    /// How long until the next look: when fewer than `min_valid` seconds are left; from then on (the server is not well,
    /// or gives no token that lives so long) in ever shorter steps until it is over.
    pub fn pause(&self, now: Timestamp, min_valid: i64) -> Duration {
        let Some(left) = self.expires_at.map(|end| now.seconds_until(end)) else { return LOOK_AGAIN };
        let seconds = if left > min_valid { left - min_valid } else { left / 2 };
        let wanted = if left > 0 { u64::try_from(seconds.max(1)).ok() } else { None };
        wanted.map_or(LOOK_AGAIN, Duration::from_secs).min(LOOK_AGAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_looked_at_before_it_ends_and_a_server_is_not_pestered() {
        let pause = |left: Option<i64>, min_valid: i64| {
            let expires_at = left.map(|left| Timestamp(1000 + left));
            let name = "music".parse().unwrap();
            let file = TokenFile { path: PathBuf::new(), name, written: Secret::new(""), expires_at };
            file.pause(Timestamp(1000), min_valid).as_secs()
        };
        assert_eq!(pause(None, 60), 30, "a person may authorize again");
        assert_eq!(pause(Some(3600), 60), 30);
        assert_eq!(pause(Some(70), 60), 10);
        assert_eq!(pause(Some(40), 60), 20, "it never lives as long as was asked for");
        assert_eq!(pause(Some(1), 60), 1);
        assert_eq!(pause(Some(-5), 60), 30, "it is over, and the server does not answer");
    }
}
