//! The JSON codec: a target name, a line feed, then a request body. Also decodes and encodes attribute values.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| partita_protocol::fuzz_operation(data));
