//! The entry point of the fuzzer; also run by the property tests.

use bytes::Bytes;

use crate::codec::{StoredItem, decode_item, encode_item};
use crate::size::item_size;

/// Reads `data` as a stored item. The check and the decoder must agree on it, nothing may panic, and what is read must have
/// just these bytes as its stored form.
#[doc(hidden)]
pub fn fuzz_stored_item(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let decoded = decode_item(&bytes);
    let stored = match StoredItem::check(bytes.clone()) {
        Ok(stored) => stored,
        Err(error) => return assert_eq!(decoded, Err(error), "the decoder takes what the check refuses"),
    };
    assert_eq!(decoded.as_ref(), Ok(&stored.decode()), "the check takes what the decoder refuses");
    let item = stored.attributes().decode();
    assert_eq!(decoded.as_ref(), Ok(&item));
    assert_eq!(stored.size(), item_size(&item));
    assert_eq!(encode_item(&item), bytes);
    for (name, value) in &item {
        assert_eq!(stored.get(name).map(|found| found.decode()).as_ref(), Some(value));
    }
}
