//! The JSON codec: a byte that picks the operation, then a request body.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| partita_protocol::fuzz_operation(data));
