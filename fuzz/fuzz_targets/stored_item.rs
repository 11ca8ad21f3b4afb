//! The stored form of items: its check, its decoder and the look into it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| partita_model::fuzz_stored_item(data));
