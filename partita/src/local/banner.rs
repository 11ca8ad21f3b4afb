//! What `partita local` says once it serves.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;

use crate::terminal;

/// What the banner shows.
pub(super) struct Banner<'a> {
    pub(super) address: SocketAddr,
    /// `None` when everything is kept in memory.
    pub(super) data: Option<&'a Path>,
    pub(super) region: &'a str,
    pub(super) signed: bool,
}

impl Banner<'_> {
    pub(super) fn show(&self) -> Result<()> {
        let (address, region) = (self.address, self.region);
        let data = match self.data {
            Some(folder) => format!("{} (synced to disk before a write is acknowledged)", folder.display()),
            None => "in memory only; everything is gone when this process ends".to_owned(),
        };
        let (key, keys) = if self.signed {
            (
                "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…    # a configured access key",
                "signatures are checked",
            )
        } else {
            (
                "export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any",
                "any access key is taken; only this machine can connect",
            )
        };
        let python = if self.signed {
            String::new()
        } else {
            ",\n                         aws_access_key_id=\"any\", aws_secret_access_key=\"any\"".to_owned()
        };
        terminal::print(&format!(
            "\
Partita {version} is ready.

  endpoint   http://{address} ({keys})
  data       {data}

  AWS CLI    {key}
             aws dynamodb list-tables --endpoint-url http://{address} --region {region}
  boto3      boto3.client(\"dynamodb\", endpoint_url=\"http://{address}\", region_name=\"{region}\"{python})
  manifests  partita apply -f table.yaml{endpoint}
             partita get tables{endpoint}

Press Ctrl-C to stop.
",
            version = env!("CARGO_PKG_VERSION"),
            endpoint =
                if address.port() == 8000 { String::new() } else { format!(" --endpoint http://{address}") },
        ))
    }
}
