//! Access keys and their secrets, given one by one or as the text of a file.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;

/// Names an access key. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessKeyId(String);

/// A secret access key. It is never shown and never compared: it only keys a hash.
#[derive(Clone)]
pub struct SecretKey(String);

/// The access keys a server knows.
#[derive(Clone, Default)]
pub struct Credentials {
    secrets: HashMap<AccessKeyId, SecretKey>,
}

/// What is wrong with given credentials. The operator's fault; no variant holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An access key id that could not be told from its surroundings in a signature.
    #[error("an access key id is made of visible ASCII characters other than '/', ',', '=' and is not empty")]
    Id,
    /// An empty secret, or one with blanks around it.
    #[error("a secret access key is not empty and has no blanks around it")]
    Secret,
    /// A line that is neither of the known forms.
    #[error("line {line} is not {expected}")]
    Line {
        /// Counted from one.
        line: usize,
        /// What would be.
        expected: &'static str,
    },
    /// A line whose key id or secret is not acceptable.
    #[error("line {line}: {source}")]
    Value {
        /// Counted from one.
        line: usize,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// A section without its key id or its secret.
    #[error("section [{section}] needs both aws_access_key_id and aws_secret_access_key")]
    Section {
        /// The section's name.
        section: String,
    },
    /// One id with two different secrets would make it a matter of luck which one counts.
    #[error("access key {id} is given twice")]
    Twice {
        /// The access key.
        id: String,
    },
    /// No access key at all: an empty file is more likely a mistake than a wish.
    #[error("no access key is given")]
    Nothing,
}

impl AccessKeyId {
    /// Takes an id.
    ///
    /// # Errors
    /// [`Error::Id`] if it is empty or holds characters that cannot stand in a signature.
    pub fn new(id: impl Into<String>) -> Result<Self, Error> {
        let id = id.into();
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b',' | b'=');
        if id.is_empty() || !id.bytes().all(fits) { Err(Error::Id) } else { Ok(Self(id)) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for AccessKeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SecretKey {
    /// Takes a secret.
    ///
    /// # Errors
    /// [`Error::Secret`] if it is empty or has blanks around it: then it was most likely copied badly.
    pub fn new(secret: impl Into<String>) -> Result<Self, Error> {
        let secret = secret.into();
        if secret.is_empty() || secret.trim().len() != secret.len() {
            Err(Error::Secret)
        } else {
            Ok(Self(secret))
        }
    }

    /// The secret's bytes, for keying a hash and nothing else.
    pub(crate) fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(hidden)")
    }
}

impl Credentials {
    /// One access key, as the usual pair of environment variables gives it.
    ///
    /// # Errors
    /// [`Error::Id`] and [`Error::Secret`].
    pub fn single(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, Error> {
        let mut credentials = Self::default();
        credentials.insert(AccessKeyId::new(id)?, SecretKey::new(secret)?)?;
        Ok(credentials)
    }

    /// Reads the text of a credentials file, of either form:
    ///
    /// - the AWS shared-credentials file, each section with `aws_access_key_id` and `aws_secret_access_key`; further settings,
    ///   such as a session token, are ignored;
    /// - one access key on each line: the id, blanks, the secret.
    ///
    /// Empty lines and lines that begin with `#` or `;` are skipped in both.
    ///
    /// # Errors
    /// Anything that cannot be read is an error with its line, and so is a text without any access key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let lines = text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', ';']));
        let sections = lines.clone().any(|(_, line)| line.starts_with('['));
        let credentials = if sections { parse_sections(lines)? } else { parse_pairs(lines)? };
        if credentials.secrets.is_empty() { Err(Error::Nothing) } else { Ok(credentials) }
    }

    /// Adds an access key.
    ///
    /// # Errors
    /// [`Error::Twice`] if the id is known already.
    pub fn insert(&mut self, id: AccessKeyId, secret: SecretKey) -> Result<(), Error> {
        if self.secrets.contains_key(&id) {
            return Err(Error::Twice { id: id.0 });
        }
        self.secrets.insert(id, secret);
        Ok(())
    }

    /// How many access keys there are.
    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The secret of an access key.
    pub(crate) fn find(&self, id: &str) -> Option<(&AccessKeyId, &SecretKey)> {
        self.secrets.get_key_value(id)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_keys", &self.len()).finish_non_exhaustive()
    }
}

/// A section of the shared-credentials form while it is being read.
struct Section<'a> {
    name: &'a str,
    id: Option<AccessKeyId>,
    secret: Option<SecretKey>,
}

impl Section<'_> {
    /// Adds the section's access key. A section with neither part holds other settings and adds nothing.
    fn close(self, credentials: &mut Credentials) -> Result<(), Error> {
        match (self.id, self.secret) {
            (Some(id), Some(secret)) => credentials.insert(id, secret),
            (None, None) => Ok(()),
            _ => Err(Error::Section { section: self.name.to_owned() }),
        }
    }
}

fn parse_sections<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Result<Credentials, Error> {
    let mut credentials = Credentials::default();
    let mut section: Option<Section<'_>> = None;
    for (line, text) in lines {
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let opened = Section { name: name.trim(), id: None, secret: None };
            if let Some(closed) = section.replace(opened) {
                closed.close(&mut credentials)?;
            }
            continue;
        }
        let expected = "a [section] or a setting below one";
        let (Some(section), Some((name, value))) = (section.as_mut(), text.split_once('=')) else {
            return Err(Error::Line { line, expected });
        };
        let value = value.trim();
        match name.trim() {
            "aws_access_key_id" => section.id = Some(AccessKeyId::new(value).map_err(at(line))?),
            "aws_secret_access_key" => section.secret = Some(SecretKey::new(value).map_err(at(line))?),
            _ => {}
        }
    }
    if let Some(closed) = section {
        closed.close(&mut credentials)?;
    }
    Ok(credentials)
}

fn parse_pairs<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Result<Credentials, Error> {
    let mut credentials = Credentials::default();
    for (line, text) in lines {
        let mut words = text.split_whitespace();
        let (Some(id), Some(secret), None) = (words.next(), words.next(), words.next()) else {
            return Err(Error::Line { line, expected: "an access key id, blanks, and its secret" });
        };
        let (id, secret) =
            (AccessKeyId::new(id).map_err(at(line))?, SecretKey::new(secret).map_err(at(line))?);
        credentials.insert(id, secret)?;
    }
    Ok(credentials)
}

fn at(line: usize) -> impl Fn(Error) -> Error {
    move |source| Error::Value { line, source: Box::new(source) }
}

#[cfg(test)]
mod tests;
