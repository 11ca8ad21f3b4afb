//! partita-expression
