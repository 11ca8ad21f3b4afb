//! Access keys from the environment, from a file, or from a mounted Secret.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use partita_identity::{AccessKeyId, Credentials, SecretKey};

const ID: &str = "PARTITA_ACCESS_KEY_ID";
const SECRET: &str = "PARTITA_SECRET_ACCESS_KEY";
/// What AWS's own tools call the same; `partita check` stands where they stand.
const AWS_ID: &str = "AWS_ACCESS_KEY_ID";
const AWS_SECRET: &str = "AWS_SECRET_ACCESS_KEY";
/// The files of a mounted Secret that holds an access key.
const ID_FILE: &str = "accessKeyID";
const SECRET_FILE: &str = "secretAccessKey";

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
    from_variables(ID, SECRET)
}

/// The access key in the variables that AWS SDKs read.
pub(crate) fn from_aws_environment() -> Result<AccessKey> {
    let key = from_variables(AWS_ID, AWS_SECRET)?;
    key.with_context(|| format!("set {AWS_ID} and {AWS_SECRET} to an access key of the service"))
}

fn from_variables(id_name: &str, secret_name: &str) -> Result<Option<AccessKey>> {
    match (variable(id_name), variable(secret_name)) {
        (Some(id), Some(secret)) => Ok(Some(AccessKey { id, secret })),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("{id_name} is set and {secret_name} is not: set both or neither"),
        (None, Some(_)) => bail!("{secret_name} is set and {id_name} is not: set both or neither"),
    }
}

/// The access key in the folder where a Secret is mounted. A line break at the end of a file is an editor's and does not count.
pub(crate) fn from_folder(folder: &Path) -> Result<AccessKey> {
    let read = |file: &str| {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("cannot read {}: is the Secret mounted, with the key {file}?", path.display())
        })?;
        Ok::<_, anyhow::Error>(text.trim_end_matches(['\n', '\r']).to_owned())
    };
    Ok(AccessKey { id: read(ID_FILE)?, secret: read(SECRET_FILE)? })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mounted_key_loses_only_the_last_line_break() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(ID_FILE), "PARTITATESTKEY000001\n").unwrap();
        let error = from_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains(SECRET_FILE), "{error}");
        std::fs::write(folder.path().join(SECRET_FILE), "a b+c/=").unwrap();
        let key = from_folder(folder.path()).unwrap();
        assert_eq!((key.id.as_str(), key.secret.as_str()), ("PARTITATESTKEY000001", "a b+c/="));
    }
}
