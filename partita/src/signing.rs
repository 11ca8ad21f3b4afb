//! Signatures of requests that the commands send.

use std::time::SystemTime;

use anyhow::{Context as _, Result};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use crate::credentials::AccessKey;

/// Signs requests of one caller for one service.
#[derive(Debug)]
pub(crate) struct Signer<'a> {
    pub(crate) key: &'a AccessKey,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// What a signature covers, besides the host and the time.
#[derive(Debug)]
pub(crate) struct Signable<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a str,
}

impl Signer<'_> {
    /// The headers that the request needs besides its own.
    pub(crate) fn sign(&self, request: &Signable<'_>) -> Result<Vec<(String, String)>> {
        let identity = Credentials::new(&self.key.id, &self.key.secret, None, None, "environment").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(now())
            .settings(SigningSettings::default())
            .build()
            .context("cannot sign the request")?
            .into();
        let Signable { method, url, headers, body } = *request;
        let request =
            SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body.as_bytes()))
                .with_context(|| format!("{url} is not an endpoint"))?;
        let (instructions, _) = sign(request, &parameters)?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

#[expect(clippy::disallowed_methods, reason = "a signature carries the time of day")]
fn now() -> SystemTime {
    SystemTime::now()
}
