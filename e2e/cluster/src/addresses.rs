//! Which addresses a cluster has: all follow from its number.

use std::net::Ipv4Addr;

/// Most clusters that run side by side on one machine: as many as the address plan of [`Addresses`] has room for.
pub const CLUSTERS_MAX: u8 = 60;

/// The addresses of the cluster of one number, 1 to [`CLUSTERS_MAX`].
///
/// Nodes lie in 172.30.0.0/24, where the runner is .1; pods in 10.65.0.0/16 and up; services in 10.129.0.0/16 and up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    number: u8,
}

impl Addresses {
    /// The runner's address, every node's gateway.
    pub const RUNNER: Ipv4Addr = Ipv4Addr::new(172, 30, 0, 1);
    /// Bits of the network that the runner and all nodes share.
    pub(crate) const NODES_PREFIX: u8 = 24;

    pub(crate) fn of(number: u8) -> Self {
        debug_assert!((1..=CLUSTERS_MAX).contains(&number), "leases give out only these numbers");
        Self { number }
    }

    /// The node: API server on port 6443, kubelet on 10250, and every NodePort.
    #[must_use]
    pub fn node(self) -> Ipv4Addr {
        Ipv4Addr::new(172, 30, 0, 10 + self.number)
    }

    /// The network of pods, in CIDR notation.
    #[must_use]
    pub fn pods(self) -> String {
        format!("10.{}.0.0/16", 64 + self.number)
    }

    /// The network of services, in CIDR notation.
    #[must_use]
    pub fn services(self) -> String {
        format!("10.{}.0.0/16", 128 + self.number)
    }

    /// The Service `kubernetes` of the API server: by convention the first of the services' network.
    #[must_use]
    pub fn api_service(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 128 + self.number, 0, 1)
    }

    /// The Service of the cluster's DNS: by convention the tenth.
    #[must_use]
    pub fn dns(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 128 + self.number, 0, 10)
    }

    /// The URL of the API server, for whoever is in the runner's network.
    #[must_use]
    pub fn api_server(self) -> String {
        format!("https://{}:6443", self.node())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_clusters_share_an_address() {
        let mut seen = BTreeSet::from([Addresses::RUNNER.to_string()]);
        for number in 1..=CLUSTERS_MAX {
            let addresses = Addresses::of(number);
            for address in [addresses.node().to_string(), addresses.pods(), addresses.services()] {
                assert!(seen.insert(address), "cluster {number}");
            }
        }
    }
}
