//! Credentials from the environment or a file.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use partita_identity::{AccessKeyId, Credentials, SecretKey};

const ID: &str = "PARTITA_ACCESS_KEY_ID";
const SECRET: &str = "PARTITA_SECRET_ACCESS_KEY";

/// One access key, as a command signs with.
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The access key in the environment, if both of its variables are set.
pub(crate) fn from_environment() -> Result<Option<AccessKey>> {
    match (variable(ID), variable(SECRET)) {
        (Some(id), Some(secret)) => Ok(Some(AccessKey { id, secret })),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("{ID} is set and {SECRET} is not: set both or neither"),
        (None, Some(_)) => bail!("{SECRET} is set and {ID} is not: set both or neither"),
    }
}

/// What a service checks signatures against; `None` if no credentials are configured.
pub(crate) fn configured(file: Option<&Path>) -> Result<Option<Credentials>> {
    let mut credentials = match file {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read credentials from {}", path.display()))?;
            let parsed = Credentials::parse(&text)
                .with_context(|| format!("in the credentials file {}", path.display()))?;
            Some(parsed)
        }
    };
    if let Some(key) = from_environment()? {
        let unusable = || format!("{ID} and {SECRET} are not usable");
        let id = AccessKeyId::new(key.id).with_context(unusable)?;
        let secret = SecretKey::new(key.secret).with_context(unusable)?;
        credentials.get_or_insert_default().insert(id, secret).with_context(unusable)?;
    }
    Ok(credentials)
}

#[expect(clippy::disallowed_methods, reason = "the binary is where the environment is read")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
