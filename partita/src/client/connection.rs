//! One HTTP request to a running service, signed when an access key is set.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::arguments::Target;
use crate::credentials::{self, AccessKey};
use crate::kinds::Kind;
use crate::signing::{Signable, Signer};
use crate::wire::{ObjectPath, SIGNING_SERVICE, Status};

/// How long a service may take to answer. It writes to its disk at most a few times for each request.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service that commands act on.
pub(crate) struct Connection<'a> {
    target: &'a Target,
    key: Option<AccessKey>,
    agent: ureq::Agent,
}

impl<'a> Connection<'a> {
    pub(crate) fn new(target: &'a Target) -> Result<Self> {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        Ok(Self { target, key: credentials::from_environment()?, agent: config.build().new_agent() })
    }

    /// The namespace of objects that name none.
    pub(crate) fn namespace(&self) -> &str {
        &self.target.namespace
    }

    /// The path of an object, or of all objects of a kind, of the command's namespace.
    pub(crate) fn path(&self, kind: Kind, name: Option<&str>) -> ObjectPath {
        ObjectPath { kind, namespace: self.target.namespace.clone(), name: name.map(str::to_owned) }
    }

    /// Sends a request; a failure that the service reports is the `Err` of the inner result.
    pub(crate) fn request<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &ObjectPath,
        body: Option<&Value>,
    ) -> Result<Result<T, Status>> {
        let url = format!("{}{}", self.target.endpoint.trim_end_matches('/'), path.path());
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = ureq::http::Request::builder().method(method).uri(&url);
        for (name, value) in self.signature(method, &url, &body)? {
            request = request.header(name, value);
        }
        let request = request
            .header("content-type", "application/json")
            .body(body)
            .context("cannot form the request")?;
        let mut answer = self.agent.run(request).map_err(|error| self.unreachable(error))?;
        let code = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().context("the answer ended early")?;
        if code < 300 {
            return Ok(Ok(serde_json::from_str(&text)
                .with_context(|| format!("the answer is not what was expected: {text}"))?));
        }
        match serde_json::from_str::<Status>(&text) {
            Ok(status) => Ok(Err(status)),
            Err(_) => Err(self.refused(code, &text)),
        }
    }

    /// [`Self::request`] for commands that cannot go on after a failure.
    pub(crate) fn expect<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &ObjectPath,
        body: Option<&Value>,
    ) -> Result<T> {
        match self.request(method, path, body)? {
            Ok(answer) => Ok(answer),
            Err(status) => bail!("{} ({})", status.message, status.reason),
        }
    }

    fn signature(&self, method: &str, url: &str, body: &str) -> Result<Vec<(String, String)>> {
        let Some(key) = &self.key else { return Ok(Vec::new()) };
        let signer = Signer { key, region: &self.target.region, service: SIGNING_SERVICE };
        signer.sign(&Signable { method, url, headers: &[], body })
    }

    fn unreachable(&self, error: ureq::Error) -> anyhow::Error {
        anyhow!(error).context(format!(
            "no service answers at {}: start one with `partita local`, or name it with --endpoint or PARTITA_ENDPOINT",
            self.target.endpoint
        ))
    }

    /// The gateway itself refused the request, in DynamoDB's form.
    fn refused(&self, code: u16, text: &str) -> anyhow::Error {
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        let kind =
            body["__type"].as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or("no reason given");
        let message = body["message"].as_str().unwrap_or_default();
        let hint = match (&self.key, code) {
            (None, 400 | 403) => {
                ": the service checks signatures; set PARTITA_ACCESS_KEY_ID and PARTITA_SECRET_ACCESS_KEY to one of its access keys"
            }
            _ => "",
        };
        anyhow!("the service answered {code} {kind} {message}{hint}")
    }
}
