//! partita-storage
