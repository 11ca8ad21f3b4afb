//! The control plane's side of the node API.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use partita_mapping::{Mapping, MappingId};
use partita_model::clock::Clock;
use partita_model::{TableDescriptor, TableId};
use partita_table::TableStatistics;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::options::AccessKey;
use crate::sign::{ExchangeError, Patience, Request, Sender};
use crate::wire::{
    self, Apply, ApplyMapping, Done, Failure, MappingRequest, MappingResults, MappingsRequest, NodeStatus,
    TableRequest, TableSizes,
};

/// How long a connection to a node may take: within a cluster it takes a millisecond, or the node is gone.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a call may take. A node syncs its log once or twice for it; a bucket under load takes a second each time.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a node did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No node runs that could be told anything.
    #[error("no node runs yet; it is told as soon as one does")]
    NoNode,
    /// The client could not be made.
    #[error("cannot make an HTTP client")]
    Setup(#[source] reqwest::Error),
    /// The node did not answer. Whether it did what it was told is unknown; every call may be repeated.
    #[error("the node at {address} did not answer")]
    Exchange {
        /// The node's.
        address: SocketAddr,
        /// What happened.
        #[source]
        source: ExchangeError,
    },
    /// The node answered that it cannot or will not.
    #[error("the node at {address} answered {status}: {message}")]
    Refused {
        /// The node's.
        address: SocketAddr,
        /// The HTTP status.
        status: StatusCode,
        /// The node's words.
        message: String,
        /// Whether the node says that a retry may help.
        retryable: bool,
    },
    /// The answer is none of the node API's.
    #[error("the answer of the node at {address} cannot be read: {detail}")]
    Unreadable {
        /// The node's.
        address: SocketAddr,
        /// What is wrong with it.
        detail: String,
    },
}

impl ClientError {
    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::NoNode => true,
            Self::Exchange { source, .. } => source.retryable(),
            Self::Refused { retryable, .. } => *retryable,
            Self::Setup(_) | Self::Unreadable { .. } => false,
        }
    }
}

/// Tells a node what to serve. Each call may be repeated, also after it succeeded; none is repeated here, since the control plane
/// comes back to what is unfinished by itself.
#[derive(Debug)]
pub struct NodeClient {
    target: watch::Receiver<Option<SocketAddr>>,
    sender: Sender,
}

impl NodeClient {
    /// A client of whichever node `target` names at the time of a call, by the address of its node API.
    ///
    /// # Errors
    /// When the machine gives no HTTP client.
    pub fn new(
        target: watch::Receiver<Option<SocketAddr>>,
        region: impl Into<String>,
        key: AccessKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let patience =
            Patience { connect: CONNECT_TIMEOUT, total: CALL_TIMEOUT, answer_bytes: wire::MESSAGE_BYTES_MAX };
        let sender = Sender::new(key, region, clock, patience).map_err(ClientError::Setup)?;
        Ok(Self { target, sender })
    }

    /// Serves the table by this descriptor from now on, unless a newer one is known. Durable when it returns.
    ///
    /// # Errors
    /// [`ClientError::retryable`] says whether another try may help.
    pub async fn apply(&self, descriptor: TableDescriptor) -> Result<(), ClientError> {
        let Done {} = self.call(Method::POST, wire::APPLY, Some(&Apply { descriptor })).await?;
        Ok(())
    }

    /// Stops serving the table and lets its items go. Durable when it returns; an unknown table is no error.
    ///
    /// # Errors
    /// [`ClientError::retryable`] says whether another try may help.
    pub async fn drop_table(&self, id: TableId) -> Result<(), ClientError> {
        let Done {} = self.call(Method::POST, wire::DROP, Some(&TableRequest { id })).await?;
        Ok(())
    }

    /// The exact durable sizes and counts of a table, and how far what is built for it is.
    ///
    /// # Errors
    /// [`ClientError::retryable`] says whether another try may help; it does not for a table that the node does not serve.
    pub async fn statistics(&self, id: TableId) -> Result<TableStatistics, ClientError> {
        let sizes: TableSizes = self.call(Method::POST, wire::STATISTICS, Some(&TableRequest { id })).await?;
        Ok(sizes.into())
    }

    /// Carries out the event source mapping from now on, unless a newer generation is known. Durable when it returns.
    ///
    /// # Errors
    /// [`ClientError::retryable`] says whether another try may help.
    pub async fn apply_mapping(&self, mapping: Mapping) -> Result<(), ClientError> {
        let message = ApplyMapping { mapping };
        let Done {} = self.call(Method::POST, wire::APPLY_MAPPING, Some(&message)).await?;
        Ok(())
    }

    /// Ends the mapping and forgets how far it has come. Durable when it returns; an unknown mapping is no error.
    ///
    /// # Errors
    /// [`ClientError::retryable`] says whether another try may help.
    pub async fn drop_mapping(&self, id: MappingId) -> Result<(), ClientError> {
        let Done {} = self.call(Method::POST, wire::DROP_MAPPING, Some(&MappingRequest { id })).await?;
        Ok(())
    }

    /// How the latest deliveries of these mappings went. One that is unknown, or has delivered nothing yet, is missing.
    ///
    /// # Errors
    /// [`ClientError::retryable`] says whether another try may help.
    pub async fn mapping_results(
        &self,
        ids: Vec<MappingId>,
    ) -> Result<BTreeMap<MappingId, String>, ClientError> {
        let message = MappingsRequest { ids };
        let told: MappingResults = self.call(Method::POST, wire::MAPPING_RESULTS, Some(&message)).await?;
        Ok(told.results)
    }

    /// What the node is and serves.
    ///
    /// # Errors
    /// [`ClientError::retryable`] says whether another try may help.
    pub async fn status(&self) -> Result<NodeStatus, ClientError> {
        self.call(Method::GET, wire::STATUS, None::<&Done>).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        message: Option<&impl Serialize>,
    ) -> Result<T, ClientError> {
        let address = (*self.target.borrow()).ok_or(ClientError::NoNode)?;
        let body =
            message.map(|message| serde_json::to_vec(message).expect("messages hold only what JSON can"));
        let url = format!("http://{address}{path}");
        let request = Request {
            service: wire::SERVICE,
            method,
            url: &url,
            headers: &[("content-type", "application/json")],
            body: body.unwrap_or_default().into(),
        };
        let answer =
            self.sender.send(request).await.map_err(|source| ClientError::Exchange { address, source })?;
        if answer.status.is_success() {
            return serde_json::from_slice(&answer.body)
                .map_err(|error| ClientError::Unreadable { address, detail: error.to_string() });
        }
        Err(refused(address, answer.status, &answer.body))
    }
}

fn refused(address: SocketAddr, status: StatusCode, body: &[u8]) -> ClientError {
    // The gateway itself refuses bad signatures, and overload, in DynamoDB's form.
    let Failure { message, retryable } = serde_json::from_slice(body).unwrap_or_else(|_| Failure {
        message: String::from_utf8_lossy(body).into_owned(),
        retryable: status.is_server_error(),
    });
    ClientError::Refused { address, status, message, retryable: retryable || status.is_server_error() }
}
