//! A real Kubernetes for tests: built from Go modules and Debian packages, run in namespaces of its own, gone when it is dropped.
//!
//! ```text
//!  the machine                    network namespace `partita-clusters`        one set of namespaces per cluster
//!  ───────────                    ────────────────────────────────────        ─────────────────────────────────
//!  a test, cargo xtask ─ command ▶ the runner: 172.30.0.1, a bridge ─ veth ─▶ 172.30.0.(10+n)
//!                                  no uplink                                  etcd, API server              (Tier::ApiServer)
//!                                                                             + controllers, scheduler, containerd, kubelet,
//!                                                                               kube-proxy, CoreDNS, volumes   (Tier::Node)
//! ```
//!
//! Start reading at [`Cluster::start`]; [`Tools`] is what it starts, [`Image`] what runs in it.
//!
//! Invariants:
//! - **No packet leaves the machine.** Clusters and their runner have a network namespace without an uplink. What reaches a cluster
//!   therefore runs inside: a process through [`Cluster::command`], a thread through [`enter_network`].
//! - **Nothing stays.** Every process lives below the node's first one, in its process namespace, and ends with it. Of a
//!   started cluster that was not dropped (a killed test), the next start removes the rest.
//! - **Clusters run side by side.** Each has a number of its own, leased on the machine for as long as its first process lives,
//!   and the number chooses every address.
//! - **Never a silent skip.** Without root, without namespaces, without the built programs there is an error that says what to do.
//!
//! It deliberately knows nothing of Partita but the recipe of its image, and has no library of Kubernetes in it: it starts programs.

mod addresses;
mod certificates;
mod cgroup;
mod cluster;
mod configuration;
mod image;
mod lease;
mod machine;
mod network;
mod process;
mod steps;
mod tools;
mod wait;

pub use addresses::{Addresses, CLUSTERS_MAX};
pub use cluster::{Cluster, Options, Tier};
pub use image::Image;
pub use machine::cache_folder;
pub use network::enter as enter_network;
pub use steps::Steps;
pub use tools::Tools;
