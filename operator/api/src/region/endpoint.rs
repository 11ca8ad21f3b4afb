//! How clients reach a region.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Port of the Service where none is given.
pub const PORT_DEFAULT: i32 = 8000;

/// The Service in front of the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegionEndpoint {
    /// Type of the Service. Default: ClusterIP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_type: Option<ServiceType>,
    /// Port of the Service. Default: 8000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535), extend("format" = "int32"))]
    pub port: Option<i32>,
    /// Annotations of the Service, such as those a load balancer reads.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl RegionEndpoint {
    /// The port of the Service.
    pub fn port(&self) -> i32 {
        self.port.unwrap_or(PORT_DEFAULT)
    }
}

/// Type of a Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::crd::undescribed)]
pub enum ServiceType {
    /// Reached from inside the cluster.
    #[default]
    ClusterIP,
    /// Reached at a port of every machine.
    NodePort,
    /// Reached through a load balancer.
    LoadBalancer,
}

impl ServiceType {
    /// Kubernetes' word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClusterIP => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
        }
    }
}
