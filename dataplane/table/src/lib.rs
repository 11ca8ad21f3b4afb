//! partita-table
