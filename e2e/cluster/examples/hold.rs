//! Starts an API server, prints the cluster's name, and keeps it until the process ends.

use std::io::Write as _;

use anyhow::Result;
use partita_cluster::{Cluster, Options, Tier, Tools, cache_folder};

fn main() -> Result<()> {
    let cache = cache_folder()?;
    let cluster = Cluster::start(&Tools::find(&cache)?, Options::new(Tier::ApiServer, &cache))?;
    writeln!(std::io::stdout(), "{}", cluster.name())?;
    loop {
        std::thread::park();
    }
}
