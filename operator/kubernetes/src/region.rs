//! The Region controller: from a Region to the Pod, Service, volume and Secrets that serve it.
