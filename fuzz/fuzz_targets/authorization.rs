//! The SigV4 `Authorization` header parser.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| partita_identity::fuzz_authorization(data));
