//! When an item expires, and the row that says so. On disk for ever as the rows of tables ([`crate::row`]).
//!
//! ```text
//! 07 | id of the setting, 8 BE | second, 8 BE | item row key behind its prefix      01
//! ```
//!
//! The attribute counts only if it is a number. It may have a fraction; the row stands at the next whole second, at which the item has
//! surely expired. A time before the epoch has no row, since no such item may ever be deleted ([`TOO_OLD_SECONDS`]); neither has one
//! that no clock will show ([`SECOND_MAX`]). Whether a time is too old to count depends on the clock, and what a write does must not:
//! such an item has its row, and the sweep does not look there.

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::clock::UnixMillis;
use partita_model::codec::{StoredItem, StoredValue};
use partita_model::descriptor::TimeToLive;
use partita_model::{Number, TableId};
use partita_storage::space::{self, EXPIRIES, TABLE_PREFIX_BYTES, TABLE_ROWS};
use partita_storage::{KeyRange, WriteBatch};

use crate::Error;
use crate::row::{self, ItemKey, VALUE_VERSION};
use crate::write::Images;

/// Items whose time is more than five years past are not deleted, as in DynamoDB: such a time is more likely a mistake. Leap days are
/// counted in.
const TOO_OLD_SECONDS: u64 = (5 * 365 + 1) * 24 * 60 * 60;

/// The last second of the year 9999. What is later never comes; that is also where times end up that somebody gave in milliseconds.
const SECOND_MAX: u64 = 253_402_300_799;

/// An expiry row that was read.
#[derive(Clone, Debug)]
pub(crate) struct ExpiryRow {
    pub(crate) key: Bytes,
    second: u64,
    /// The item's place.
    pub(crate) item: ItemKey,
}

impl ExpiryRow {
    /// The row under `key`, for an item of `table`.
    pub(crate) fn read(table: TableId, key: Bytes) -> Result<Self, Error> {
        let rest = match space::split(&key) {
            Some((EXPIRIES, _, rest)) => rest.split_first_chunk::<8>(),
            _ => None,
        };
        let (second, item) = rest.ok_or_else(|| row::corrupt(&key))?;
        let second = u64::from_be_bytes(*second);
        let item = ItemKey::of_row(&space::table_key(TABLE_ROWS, table, item))?;
        Ok(Self { key, second, item })
    }

    /// Whether the row says of the item what the item says itself.
    pub(crate) fn is_of(&self, item: &StoredItem, attribute: &str) -> bool {
        second_of(item, attribute) == Some(self.second)
    }
}

/// Makes the batch of a write move the item's row. The row that is new, if one is.
pub(crate) fn follow(
    setting: &TimeToLive,
    item_row: &[u8],
    images: &Images,
    batch: &mut WriteBatch,
) -> Option<Bytes> {
    let [before, after] =
        [&images.before, &images.after].map(|image| second_of(image.as_ref()?, &setting.attribute));
    if before == after {
        return None;
    }
    if let Some(second) = before {
        batch.delete(key(setting.id, second, item_row));
    }
    put(setting.id, after?, item_row, batch).into()
}

/// Puts the row of an item as it is; `None` when it has none.
pub(crate) fn put_for(
    setting: &TimeToLive,
    item_row: &[u8],
    item: &StoredItem,
    batch: &mut WriteBatch,
) -> Option<Bytes> {
    let second = second_of(item, &setting.attribute)?;
    Some(put(setting.id, second, item_row, batch))
}

fn put(setting: TableId, second: u64, item_row: &[u8], batch: &mut WriteBatch) -> Bytes {
    let key = key(setting, second, item_row);
    batch.put(key.clone(), Bytes::from_static(&[VALUE_VERSION]));
    key
}

/// The first key that a row of this second, or of a later one, can have.
fn from_second(setting: TableId, second: u64) -> Bytes {
    space::table_key(EXPIRIES, setting, &second.to_be_bytes())
}

/// The rows of all seconds that have passed at `now`, but for those that are too old.
pub(crate) fn due(setting: TableId, now: UnixMillis) -> KeyRange {
    let now = now.0 / 1000;
    let first = now.saturating_sub(TOO_OLD_SECONDS);
    KeyRange::new(from_second(setting, first), from_second(setting, now + 1))
}

fn key(setting: TableId, second: u64, item_row: &[u8]) -> Bytes {
    let item = item_row.get(TABLE_PREFIX_BYTES..).unwrap_or_default();
    let mut key = BytesMut::with_capacity(TABLE_PREFIX_BYTES + 8 + item.len());
    key.put_slice(&space::table_prefix(EXPIRIES, setting));
    key.put_u64(second);
    key.put_slice(item);
    key.freeze()
}

/// The second at which an item's row stands.
fn second_of(item: &StoredItem, attribute: &str) -> Option<u64> {
    match item.get(attribute)? {
        StoredValue::N(number) => whole_second(&number),
        _ => None,
    }
}

/// The number rounded up to a whole second, if a row can stand there.
fn whole_second(number: &Number) -> Option<u64> {
    if number.is_negative() {
        return None;
    }
    let scale = 10_u128.checked_pow(number.exponent().unsigned_abs().into());
    let second = match (number.exponent() < 0, scale) {
        (false, scale) => number.digits().checked_mul(scale?)?,
        (true, Some(scale)) => number.digits().div_ceil(scale),
        // At most 38 digits behind more zeros than that: above zero, and far below one.
        (true, None) => 1,
    };
    u64::try_from(second).ok().filter(|second| *second <= SECOND_MAX)
}

#[cfg(test)]
mod tests;
