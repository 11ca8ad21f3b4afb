//! The data-plane process of a cluster.
