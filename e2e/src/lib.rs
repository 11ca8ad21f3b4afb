//! partita-e2e
