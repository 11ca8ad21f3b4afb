//! Every expression parser, and the evaluation of what it accepts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| partita_expression::fuzz_parse(data));
