//! Many Secrets to one credentials file.

use std::collections::BTreeMap;
use std::fmt::Write;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;

use super::checksum::checksum;
use super::names;
use crate::AccessKey;

/// Access keys that one Region takes: the file stays far below the 1 MiB that a Secret may hold, and a label selector that
/// matches too much is noticed.
pub(crate) const ACCESS_KEYS_MAX: usize = 1000;
/// Longest id or secret in bytes. AWS's are 128 and 40 at most.
const PART_BYTES_MAX: usize = 256;

/// The credentials file, and what did not get into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The file, in the form of AWS's shared credentials file; empty if there is no access key.
    pub(crate) file: String,
    /// How many access keys it holds.
    pub(crate) count: usize,
    /// The Secrets left out, by name.
    pub(crate) skipped: Vec<Skipped>,
}

/// A Secret whose access key is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// The Secret's name.
    pub(crate) secret: String,
    /// Why, as a phrase that follows the name.
    pub(crate) why: String,
}

/// Merges the access keys of Secrets, in the order of the Secrets' names; `first` goes before the others, so that nobody can
/// take its id away by naming a Secret cleverly. What is malformed or repeats an id is left out and told.
pub(crate) fn merge<'a>(first: Option<&'a Secret>, others: impl IntoIterator<Item = &'a Secret>) -> Merged {
    let first_name = first.map(ResourceExt::name_any);
    let others: BTreeMap<String, &Secret> = others
        .into_iter()
        .map(|secret| (secret.name_any(), secret))
        .filter(|(name, _)| Some(name) != first_name.as_ref())
        .collect();
    let mut merged = Merged::default();
    let mut taken = BTreeMap::new();
    for (name, secret) in first_name.zip(first).into_iter().chain(others) {
        match accept(secret, &taken) {
            Ok(key) => {
                section(&mut merged.file, &name, &key);
                taken.insert(key.id().to_owned(), name);
            }
            Err(why) => merged.skipped.push(Skipped { secret: name, why }),
        }
    }
    merged.count = taken.len();
    merged
}

/// The access key of a Secret.
///
/// # Errors
/// What is wrong with the Secret, as a phrase that follows its name. It holds nothing secret.
pub(crate) fn access_key(secret: &Secret) -> Result<AccessKey, String> {
    let id = part(secret, names::ACCESS_KEY_ID)?;
    if !id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b',' | b'=')) {
        return Err(format!(
            "has an {} that is not made of visible ASCII characters other than '/', ',' and '='",
            names::ACCESS_KEY_ID
        ));
    }
    let key = part(secret, names::SECRET_ACCESS_KEY)?;
    if key.trim().len() != key.len() || key.chars().any(char::is_control) {
        return Err(format!(
            "has a {} with blanks around it or a line break in it",
            names::SECRET_ACCESS_KEY
        ));
    }
    Ok(AccessKey::new(id, key))
}

/// What tells one credentials file from another. `salt` is a secret: the sum stands in a pod's annotation, where it must not
/// help to guess the access keys of people who chose weak ones.
pub(crate) fn sum(salt: &AccessKey, file: &[u8]) -> String {
    checksum(&[salt.secret().as_bytes(), file])
}

fn accept(secret: &Secret, taken: &BTreeMap<String, String>) -> Result<AccessKey, String> {
    let key = access_key(secret)?;
    if let Some(other) = taken.get(key.id()) {
        return Err(format!("has the access key id of Secret {other}"));
    }
    if taken.len() == ACCESS_KEYS_MAX {
        return Err(format!("is one more than the {ACCESS_KEYS_MAX} that a Region takes"));
    }
    Ok(key)
}

fn part<'a>(secret: &'a Secret, key: &str) -> Result<&'a str, String> {
    let bytes = secret.data.as_ref().and_then(|data| data.get(key)).map(|value| value.0.as_slice());
    match bytes.map(str::from_utf8) {
        None => Err(format!("has no key {key}")),
        Some(Err(_)) => Err(format!("has a {key} that is not text")),
        Some(Ok("")) => Err(format!("has an empty {key}")),
        Some(Ok(text)) if text.len() > PART_BYTES_MAX => {
            Err(format!("has a {key} longer than {PART_BYTES_MAX} bytes"))
        }
        Some(Ok(text)) => Ok(text),
    }
}

fn section(file: &mut String, name: &str, key: &AccessKey) {
    write!(file, "[{name}]\naws_access_key_id = {}\naws_secret_access_key = {}\n", key.id(), key.secret())
        .expect("a String takes all that is written to it");
}

#[cfg(test)]
mod tests;
