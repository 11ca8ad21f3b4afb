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
    // Tables and EventSourceMappings: watched everywhere; the finalizer is applied to the object, the status to its subresource.
    // The Table that an EventSourceMapping refers to is read.
    Permission {
        reach: Reach::Cluster,
        group: "partita.dev",
        resource: "tables",
        verbs: &["get", "list", "patch", "watch"],
    },
    Permission { reach: Reach::Cluster, group: "partita.dev", resource: "tables/status", verbs: &["patch"] },
    Permission {
        reach: Reach::Cluster,
        group: "partita.dev",
        resource: "eventsourcemappings",
        verbs: &["list", "patch", "watch"],
    },
    Permission {
        reach: Reach::Cluster,
        group: "partita.dev",
        resource: "eventsourcemappings/status",
        verbs: &["patch"],
    },
    // Regions: watched; the status is applied. Their children name them as owners that wait for them.
    Permission {
        reach: Reach::Cluster,
        group: "partita.dev",
        resource: "regions",
        verbs: &["get", "list", "watch"],
    },
    Permission { reach: Reach::Cluster, group: "partita.dev", resource: "regions/status", verbs: &["patch"] },
    Permission {
        reach: Reach::Cluster,
        group: "partita.dev",
        resource: "regions/finalizers",
        verbs: &["update"],
    },
    // Events stand beside the object they speak of.
    Permission {
        reach: Reach::Cluster,
        group: "events.k8s.io",
        resource: "events",
        verbs: &["create", "patch"],
    },
    // Children of a Region: applied and watched. Volumes and Services go with their owner, not by the operator's hand.
    Permission {
        reach: Reach::OwnNamespace,
        group: "",
        resource: "pods",
        verbs: &["create", "delete", "list", "patch", "watch"],
    },
    Permission {
        reach: Reach::OwnNamespace,
        group: "",
        resource: "persistentvolumeclaims",
        verbs: &["create", "list", "patch", "watch"],
    },
    Permission {
        reach: Reach::OwnNamespace,
        group: "",
        resource: "services",
        verbs: &["create", "list", "patch", "watch"],
    },
    // A bucket's Secret has no label of ours: it is read by name.
    Permission {
        reach: Reach::OwnNamespace,
        group: "",
        resource: "secrets",
        verbs: &["create", "get", "list", "patch", "watch"],
    },
    // One operator leads.
    Permission {
        reach: Reach::OwnNamespace,
        group: "coordination.k8s.io",
        resource: "leases",
        verbs: &["create", "get", "update"],
    },
];
