//! partita-gateway
