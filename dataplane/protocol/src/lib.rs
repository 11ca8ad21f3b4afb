//! partita-protocol
