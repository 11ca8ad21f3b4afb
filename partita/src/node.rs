//! `partita node`: the data plane's process, from options and mounted files.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use partita_model::clock::SystemClock;
use partita_node::AccessKey;
use partita_storage::{Bucket, BucketCredentials, Location};

use crate::arguments::{BucketOptions, NodeOptions, StoreOptions};
use crate::signals::Signals;
use crate::{credentials, descriptors, layout, logging, runtime};

/// Runs the node until a signal ends it.
pub(crate) fn run(options: NodeOptions) -> Result<()> {
    logging::to_stderr(&options.log.filter)?;
    runtime::run(async {
        let asked = Signals::listen()?.watch();
        let options = node_options(&options)?;
        partita_node::run(options, async {
            let signal = asked.await.unwrap_or("none");
            tracing::info!(signal, "stopping");
        })
        .await
        .context("the node ended")
    })
}

fn node_options(options: &NodeOptions) -> Result<partita_node::NodeOptions> {
    let internal = credentials::from_folder(&options.internal_key).context("in --internal-key")?;
    let internal = AccessKey { id: internal.id, secret: internal.secret };
    let (scope, credentials_file) = (options.identity.scope(), options.credentials.clone());
    Ok(partita_node::NodeOptions {
        listen: options.listen,
        node_listen: options.node_listen,
        control_endpoint: options.control_endpoint.clone(),
        lambda_endpoint: options.functions.lambda_endpoint.clone(),
        clock: Arc::new(SystemClock),
        cache_bytes: options.store.cache_size,
        limits: descriptors::limits(),
        ..partita_node::NodeOptions::new(scope, location(&options.store)?, credentials_file, internal)
    })
}

fn location(options: &StoreOptions) -> Result<Location> {
    match (&options.data, &options.bucket.name) {
        (Some(folder), _) => Ok(Location::Folder(folder.join(layout::STORE_FOLDER))),
        (None, Some(name)) => bucket(name, &options.bucket).map(Location::Bucket),
        (None, None) => bail!("say where items are kept: --data or --bucket"),
    }
}

fn bucket(name: &str, options: &BucketOptions) -> Result<Bucket> {
    let credentials = match &options.key {
        None => None,
        Some(folder) => {
            let key = credentials::from_folder(folder).context("in --bucket-key")?;
            Some(BucketCredentials { access_key_id: key.id, secret_access_key: key.secret })
        }
    };
    Ok(Bucket {
        bucket: name.to_owned(),
        prefix: options.prefix.clone(),
        endpoint: options.endpoint.clone(),
        region: options.region.clone(),
        path_style: options.path_style,
        allow_http: options.allow_http,
        credentials,
    })
}
