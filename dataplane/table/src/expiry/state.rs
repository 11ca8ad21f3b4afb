//! How far the expiry rows of a setting are built. On disk for ever as the rows of tables ([`crate::row`]).
//!
//! ```text
//! 08 | id of the setting, 8 BE      01 | 1 when finished, else 0 | items looked at, 8 BE | key of the last row looked at, or nothing
//! ```
//!
//! Written in the batch of the rows that it speaks of, so that a build goes on after a crash where it was. It goes with its setting.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use partita_model::descriptor::Build;

use crate::Error;
use crate::row::{self, VALUE_VERSION};

/// A build, as its row says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildState {
    /// What is shown of it.
    pub(crate) build: Build,
    /// The key of the last row of the table that was looked at; empty at the beginning.
    pub(crate) behind: Bytes,
}

impl BuildState {
    /// The row's value.
    pub(crate) fn encode(&self) -> Bytes {
        let mut value = BytesMut::with_capacity(10 + self.behind.len());
        value.put_u8(VALUE_VERSION);
        value.put_u8(u8::from(self.build.finished));
        value.put_u64(self.build.scanned_items);
        value.put_slice(&self.behind);
        value.freeze()
    }

    /// The state in the value of the row under `key`.
    pub(crate) fn decode(key: &[u8], value: &Bytes) -> Result<Self, Error> {
        let mut rest = value.slice_ref(row::body(key, value)?);
        let corrupt = |_| row::corrupt(key);
        let finished = match rest.try_get_u8().map_err(corrupt)? {
            0 => false,
            1 => true,
            _ => return Err(row::corrupt(key)),
        };
        let scanned_items = rest.try_get_u64().map_err(corrupt)?;
        Ok(Self { build: Build { scanned_items, finished }, behind: rest })
    }
}

#[cfg(test)]
mod tests {
    use partita_model::TableId;

    use super::*;

    #[test]
    fn a_build_row_stays_as_it_is() {
        let key = row::build(TableId(7));
        assert_eq!(key.as_ref(), b"\x08\0\0\0\0\0\0\0\x07");
        let begun = BuildState {
            build: Build { scanned_items: 258, finished: false },
            behind: Bytes::from_static(b"row"),
        };
        assert_eq!(begun.encode().as_ref(), b"\x01\0\0\0\0\0\0\0\x01\x02row");
        let finished = BuildState { build: Build { scanned_items: 1, finished: true }, behind: Bytes::new() };
        for row in [begun, finished] {
            assert_eq!(BuildState::decode(&key, &row.encode()).unwrap(), row);
        }
        for damaged in
            [&b""[..], b"\x01\x02\0\0\0\0\0\0\0\0", b"\x01\0\0\0\0\0\0\0\0", b"\x02\0\0\0\0\0\0\0\0\0"]
        {
            BuildState::decode(&key, &Bytes::from_static(damaged)).unwrap_err();
        }
    }
}
