//! PartiQL statements: reading them, and planning what parses.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| partita_partiql::fuzz_statement(data));
