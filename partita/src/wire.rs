//! How the commands and a running service speak about declared objects: paths and forms, shaped like the Kubernetes API's.
//!
//! ```text
//! GET    /apis/partita.dev/v1/namespaces/NS/KINDS         a List
//! GET    /apis/partita.dev/v1/namespaces/NS/KINDS/NAME    a Detail
//! PUT    /apis/partita.dev/v1/namespaces/NS/KINDS/NAME    apply it; answers an Applied
//! DELETE /apis/partita.dev/v1/namespaces/NS/KINDS/NAME    a Status
//! ```
//!
//! Failures answer a [`Status`] with the HTTP status in its `code`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kinds::Kind;

/// What such requests are signed for when the service checks signatures.
pub(crate) const SIGNING_SERVICE: &str = "partita";
/// What every path begins with.
pub(crate) const PREFIX: &str = "/apis/partita.dev/v1/namespaces/";

/// The kind, the namespace and, for a single object, the name in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectPath {
    pub(crate) kind: Kind,
    pub(crate) namespace: String,
    pub(crate) name: Option<String>,
}

impl ObjectPath {
    /// Reads a path; `None` if it is not one of the above.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix(PREFIX)?.split('/');
        let (namespace, kind, name) = (parts.next()?, parts.next()?, parts.next());
        let kind = Kind::ALL.into_iter().find(|known| known.plural() == kind)?;
        let fits = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        };
        let known = parts.next().is_none() && fits(namespace) && name.is_none_or(fits);
        known.then(|| Self { kind, namespace: namespace.to_owned(), name: name.map(str::to_owned) })
    }

    /// The path as text.
    pub(crate) fn path(&self) -> String {
        let name = self.name.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
        format!("{PREFIX}{}/{}{name}", self.namespace, self.kind.plural())
    }
}

/// What an apply did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// There was no such object.
    Created,
    /// It has another spec or other metadata now.
    Configured,
    /// It was so already.
    Unchanged,
}

/// The answer to an apply.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Applied {
    pub(crate) outcome: Outcome,
    pub(crate) object: Value,
}

/// One object, with what happened to it lately.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Detail {
    pub(crate) object: Value,
    /// Oldest first.
    pub(crate) events: Vec<Happened>,
}

/// An event of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Happened {
    pub(crate) warning: bool,
    pub(crate) reason: String,
    pub(crate) message: String,
    /// Milliseconds since 1970.
    pub(crate) last_ms: u64,
    pub(crate) count: u32,
}

/// The answer to a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct List {
    pub(crate) items: Vec<Value>,
}

/// How a request ended, as Kubernetes' `Status`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) reason: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) causes: Vec<Cause>,
    pub(crate) code: u16,
}

/// One field that is refused, and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cause {
    /// Such as `spec.keySchema[0].keyType`.
    pub(crate) field: String,
    pub(crate) message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_round_trip() {
        for (namespace, name, kind) in
            [("default", None, Kind::Table), ("team-a", Some("orders.v2"), Kind::EventSourceMapping)]
        {
            let path = ObjectPath { kind, namespace: namespace.into(), name: name.map(str::to_owned) };
            assert_eq!(ObjectPath::parse(&path.path()), Some(path));
        }
    }

    #[test]
    fn other_paths_are_not_taken() {
        for path in [
            "/",
            "/apis/partita.dev/v1/namespaces/a/pods",
            "/apis/partita.dev/v1/namespaces//tables",
            "/apis/partita.dev/v1/namespaces/a/tables/b/c",
        ] {
            assert_eq!(ObjectPath::parse(path), None, "{path}");
        }
    }
}
