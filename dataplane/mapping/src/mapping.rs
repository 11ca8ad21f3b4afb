//! What a mapping is.

use std::collections::BTreeMap;
use std::fmt;

use partita_model::clock::UnixMillis;
use partita_model::name::Scope;
use partita_protocol::stream::StreamArn;
use serde::{Deserialize, Serialize};

use crate::function::FunctionName;
use crate::settings::Settings;

/// A mapping's name: a UUID in its usual form of 36 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MappingId(String);

impl MappingId {
    /// Takes a UUID; `None` if the text cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let groups = text
            .split('-')
            .map(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(group.len()));
        groups.eq([8, 4, 4, 4, 12].map(Some)).then(|| Self(text.to_ascii_lowercase()))
    }

    /// As clients see it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ARN the mapping has for clients.
    pub fn arn(&self, scope: &Scope) -> String {
        format!("arn:aws:lambda:{}:{}:event-source-mapping:{}", scope.region, scope.account_id, self.0)
    }
}

impl fmt::Display for MappingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address that begins with `http://` or `https://` and names a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Url(String);

impl Url {
    /// Takes an address of at most 2,048 characters; `None` if it is no web address.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let plain = text.len() <= 2048 && text.bytes().all(|byte| byte.is_ascii_graphic());
        (plain && !host.is_empty() && !host.starts_with(':')).then(|| Self(text.to_owned()))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who gets the records.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Target {
    /// A server that speaks Lambda's Invoke API.
    Lambda {
        /// What it calls the function.
        function: FunctionName,
        /// Where it is; `None` for the one that the installation names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint: Option<Url>,
    },
    /// A server that takes CloudEvents in binary mode.
    Http {
        /// Where events are posted to.
        url: Url,
        /// Sent with each event: credentials, mostly.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
}

impl Target {
    /// What tells mappings of the same stream apart.
    pub fn name(&self) -> &str {
        match self {
            Self::Lambda { function, .. } => function.as_str(),
            Self::Http { url, .. } => url.as_str(),
        }
    }
}

/// Names headers without their values, which are secret.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lambda { function, endpoint } => {
                f.debug_struct("Lambda").field("function", function).field("endpoint", endpoint).finish()
            }
            Self::Http { url, headers } => {
                f.debug_struct("Http").field("url", url).field("headers", &headers.keys()).finish()
            }
        }
    }
}

/// A stream, a target, and how records get from one to the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mapping {
    /// Never reused.
    pub id: MappingId,
    /// Newer replaces older.
    pub generation: u64,
    /// Where records come from. Never changes.
    pub source: StreamArn,
    /// Where they go.
    pub target: Target,
    /// How.
    pub settings: Settings,
    /// When it was last changed.
    pub last_modified: UnixMillis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids() {
        let id = MappingId::parse("14E0DB71-5D35-4EB5-B481-8945CF9D10C2").unwrap();
        assert_eq!(id.as_str(), "14e0db71-5d35-4eb5-b481-8945cf9d10c2");
        for other in
            ["", "14e0db71", "14e0db71-5d35-4eb5-b481-8945cf9d10c", "g4e0db71-5d35-4eb5-b481-8945cf9d10c2"]
        {
            assert_eq!(MappingId::parse(other), None, "{other}");
        }
    }

    #[test]
    fn urls_name_a_host() {
        for good in ["http://sink", "https://sink.example:8443/a?b=c", "http://[::1]:80/"] {
            assert_eq!(Url::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "sink", "ftp://sink", "http://", "http:///path", "http://:80/", "http://a b", "http://ä"]
        {
            assert_eq!(Url::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn secret_headers_are_not_shown() {
        let headers = BTreeMap::from([("authorization".to_owned(), "hush".to_owned())]);
        let shown = format!("{:?}", Target::Http { url: Url::parse("http://sink").unwrap(), headers });
        assert!(shown.contains("authorization") && !shown.contains("hush"), "{shown}");
    }
}
