//! What the operator may do in a cluster: the list that roles are checked against.

/// One rule of a role: exactly what this crate does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Where it is needed.
    pub reach: Reach,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Resource in the plural, with its subresource after a slash.
    pub resource: &'static str,
    /// Verbs, in alphabetical order.
    pub verbs: &'static [&'static str],
}

/// How far a permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All namespaces, and what is in none: a rule of a ClusterRole.
    Cluster,
    /// The operator's namespace only: a rule of a Role.
    OwnNamespace,
}

/// Everything the operator asks of the API server, and nothing else. Secrets are read in its own namespace only.
pub const PERMISSIONS: &[Permission] = &[
    // Tables: watched everywhere; the finalizer is applied to the object, the status to its subresource.
    Permission {
        reach: Reach::Cluster,
        group: "partita.dev",
        resource: "tables",
        verbs: &["get", "list", "patch", "watch"],
    },
    Permission { reach: Reach::Cluster, group: "partita.dev", resource: "tables/status", verbs: &["patch"] },
    // Events stand beside the object they speak of.
    Permission {
        reach: Reach::Cluster,
        group: "events.k8s.io",
        resource: "events",
        verbs: &["create", "patch"],
    },
    // One operator leads.
    Permission {
        reach: Reach::OwnNamespace,
        group: "coordination.k8s.io",
        resource: "leases",
        verbs: &["create", "get", "patch", "update"],
    },
];
