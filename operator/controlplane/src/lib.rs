//! partita-controlplane
