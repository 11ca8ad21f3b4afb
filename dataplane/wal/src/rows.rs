//! The rows of a batch as the payload of a record.
//!
//! ```text
//! row: flags u8 | key bytes u32 | value bytes u32 | key | value | created i64, if flagged | expires i64, if flagged
//! ```

use bytes::Bytes;
use slatedb::{RowEntry, ValueDeletable};

use crate::format::{u32_at, u64_at};

const TOMBSTONE: u8 = 0;
const VALUE: u8 = 1;
const MERGE: u8 = 2;
/// The bits of the flags that say which of the above it is.
const WHAT: u8 = 0b11;
const CREATED: u8 = 0b100;
const EXPIRES: u8 = 0b1000;

/// The bytes before the key.
const HEAD_BYTES: usize = 9;

/// The most that a row needs beside its key and value, in bytes.
pub(crate) const OVERHEAD_BYTES: usize = HEAD_BYTES + 2 * size_of::<i64>();

/// Appends rows.
pub(crate) fn append(buffer: &mut Vec<u8>, rows: &[RowEntry]) {
    for row in rows {
        let (what, value): (u8, &[u8]) = match &row.value {
            ValueDeletable::Tombstone => (TOMBSTONE, &[]),
            ValueDeletable::Value(value) => (VALUE, value),
            ValueDeletable::Merge(value) => (MERGE, value),
        };
        let created = if row.create_ts.is_some() { CREATED } else { 0 };
        let expires = if row.expire_ts.is_some() { EXPIRES } else { 0 };
        buffer.push(what | created | expires);
        buffer.extend_from_slice(&length(&row.key));
        buffer.extend_from_slice(&length(value));
        buffer.extend_from_slice(&row.key);
        buffer.extend_from_slice(value);
        for time in [row.create_ts, row.expire_ts].into_iter().flatten() {
            buffer.extend_from_slice(&time.to_le_bytes());
        }
    }
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).expect("the engine refuses keys and values of 4 GiB").to_le_bytes()
}

/// The rows of a payload, all of the batch `seq`; `None` when they are malformed. They share `payload`.
pub(crate) fn decode(payload: &Bytes, seq: u64, rows: &mut Vec<RowEntry>) -> Option<()> {
    let mut at = 0;
    while at < payload.len() {
        let flags = *payload.get(at)?;
        let key_bytes = u32_at(payload, at + 1)? as usize;
        let value_bytes = u32_at(payload, at + 5)? as usize;
        let key_at = at + HEAD_BYTES;
        let value_at = key_at.checked_add(key_bytes)?;
        at = value_at.checked_add(value_bytes)?;
        payload.get(..at)?;
        let value = payload.slice(value_at..at);
        let value = match flags & WHAT {
            TOMBSTONE => ValueDeletable::Tombstone,
            VALUE => ValueDeletable::Value(value),
            MERGE => ValueDeletable::Merge(value),
            _ => return None,
        };
        let mut time = |present: bool| -> Option<Option<i64>> {
            if !present {
                return Some(None);
            }
            let time = u64_at(payload, at)?;
            at += size_of::<i64>();
            Some(Some(time.cast_signed()))
        };
        let create_ts = time(flags & CREATED != 0)?;
        let expire_ts = time(flags & EXPIRES != 0)?;
        rows.push(RowEntry { key: payload.slice(key_at..value_at), value, seq, create_ts, expire_ts });
    }
    Some(())
}

/// The number of rows in a payload; what is malformed does not count.
pub(crate) fn count(payload: &[u8]) -> u64 {
    let mut rows = Vec::new();
    match decode(&Bytes::copy_from_slice(payload), 0, &mut rows) {
        Some(()) => rows.len() as u64,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Vec<RowEntry>> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
        let value = prop_oneof![
            Just(ValueDeletable::Tombstone),
            bytes().prop_map(ValueDeletable::Value),
            bytes().prop_map(ValueDeletable::Merge),
        ];
        let row = (bytes(), value, any::<Option<i64>>(), any::<Option<i64>>());
        let row = row.prop_map(|(key, value, create_ts, expire_ts)| RowEntry {
            key,
            value,
            seq: 7,
            create_ts,
            expire_ts,
        });
        proptest::collection::vec(row, 0..5)
    }

    proptest! {
        #[test]
        fn rows_come_back_as_they_were(rows in rows()) {
            let mut payload = Vec::new();
            append(&mut payload, &rows);
            let most: usize = rows.iter().map(|row| row.key.len() + row.value.len() + OVERHEAD_BYTES).sum();
            prop_assert!(payload.len() <= most);
            let mut read = Vec::new();
            prop_assert_eq!(decode(&payload.into(), 7, &mut read), Some(()));
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn any_bytes_can_be_read(payload in proptest::collection::vec(any::<u8>(), 0..80)) {
            count(&payload);
        }
    }
}
