//! partita-controllers
