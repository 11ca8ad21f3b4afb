//! The entry point of the fuzzer; also run by the property tests.

use crate::{Operation, OperationName, Wording};

/// Reads `data` as a request: its first byte picks the operation, the rest is the body. Must not panic, and a refusal must
/// have a body in either wording. What the fast reader reads must be what the exact one reads.
#[doc(hidden)]
pub fn fuzz_operation(data: &[u8]) {
    let Some((pick, body)) = data.split_first() else { return };
    let name = OperationName::ALL[usize::from(*pick) % OperationName::ALL.len()];
    let read = Operation::parse_exactly(name, body);
    if let Some(operation) = Operation::pull(name, body) {
        assert_eq!(Ok(&operation), read.as_ref(), "the two readers of {name} differ");
    }
    if let Err(error) = read {
        for wording in [Wording::Modern2026, Wording::Classic] {
            let body = error.to_json(wording);
            assert!(body["__type"].as_str().is_some_and(|kind| kind.ends_with(error.name())));
        }
    }
}
