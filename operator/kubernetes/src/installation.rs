//! What every controller needs to know of the installation it serves.

use std::fmt;
use std::sync::Arc;

use partita_model::clock::Clock;

/// The operator's place in a cluster, and where its time and randomness come from.
#[derive(Clone)]
pub struct Installation {
    /// The API server.
    pub client: kube::Client,
    /// The namespace of the operator, and of everything it makes.
    pub namespace: String,
    /// The image that nodes are started with.
    pub image: String,
    /// Where nodes reach the operator's control API, for example `http://partita-operator.partita.svc:8081`.
    pub control_endpoint: String,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Where new access keys come from.
    pub secrets: Arc<dyn SecretSource>,
}

/// A source of access keys that nobody can guess.
pub trait SecretSource: Send + Sync {
    /// A new access key, never given before.
    fn access_key(&self) -> AccessKey;
}

/// An access key id and its secret. `Debug` shows the id only.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    id: String,
    secret: String,
}

impl AccessKey {
    /// The key of that id and secret. Their form is the caller's to check.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into() }
    }

    /// The access key id. Not a secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret access key. It belongs into Secrets and signatures, never into logs.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", AccessKey::new("AKID", "hush-hush"));
        assert_eq!(shown, "AccessKey { id: \"AKID\", .. }");
    }
}
