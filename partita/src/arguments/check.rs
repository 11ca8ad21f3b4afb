//! Options of `partita check`.

use clap::Args;

/// Options of `partita check`.
#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// Endpoint to try
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: String,
    /// Region that requests are signed for
    #[arg(long, value_name = "NAME", env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Name of the table it makes; a random one unless given. A table that exists is not touched
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Seconds to wait for the endpoint to answer, and for each change of the table
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
}
