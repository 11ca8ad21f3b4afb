//! The operator's side of Kubernetes.
