//! partita-api
