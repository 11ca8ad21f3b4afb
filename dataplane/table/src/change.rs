//! Change records: what the change log says about one write of one item.
//!
//! ```text
//! 01 | time, 8 BE, ms | flags: 1 old image, 2 new image | keys | old image, if any | new image, if any
//! each of the three:  length, 4 BE | item in the model's codec
//! ```
//!
//! Records are on disk until every reader has passed them, so a version byte never changes meaning.

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::Item;
use partita_model::clock::UnixMillis;
use partita_model::codec::{CodecError, StoredItem, decode_item};

const VERSION: u8 = 1;
const OLD_IMAGE: u8 = 1;
const NEW_IMAGE: u8 = 2;

/// One change of one item, as every reader of the change log sees it. At least one image is there, and the two differ.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRecord {
    /// When the write was applied.
    pub at: UnixMillis,
    /// The item's key attributes.
    pub keys: Item,
    /// The item before the write; `None` when it was inserted.
    pub old: Option<Item>,
    /// The item after the write; `None` when it was removed.
    pub new: Option<Item>,
}

/// Why bytes are not a change record: they were damaged, or a newer version wrote them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The first byte is no version known here.
    #[error("unknown version of a change record")]
    UnknownVersion,
    /// The flags are none that this version writes, or bytes are missing or left over.
    #[error("malformed change record")]
    Malformed,
    /// One of the items cannot be decoded.
    #[error("an item in a change record is corrupt")]
    Item(#[from] CodecError),
}

impl ChangeRecord {
    /// The record's stored form.
    pub fn encode(&self) -> Bytes {
        let stored = |image: &Option<Item>| image.as_ref().map(StoredItem::of);
        encode(self.at, &self.keys, stored(&self.old).as_ref(), stored(&self.new).as_ref())
    }

    /// The inverse of [`encode`](Self::encode).
    pub fn decode(payload: &[u8]) -> Result<Self, ChangeError> {
        let (&version, rest) = payload.split_first().ok_or(ChangeError::Malformed)?;
        if version != VERSION {
            return Err(ChangeError::UnknownVersion);
        }
        let (at, rest) = rest.split_first_chunk::<8>().ok_or(ChangeError::Malformed)?;
        let (&flags, mut rest) = rest.split_first().ok_or(ChangeError::Malformed)?;
        if flags == 0 || flags & !(OLD_IMAGE | NEW_IMAGE) != 0 {
            return Err(ChangeError::Malformed);
        }
        let keys = take_item(&mut rest)?;
        let old = if flags & OLD_IMAGE == 0 { None } else { Some(take_item(&mut rest)?) };
        let new = if flags & NEW_IMAGE == 0 { None } else { Some(take_item(&mut rest)?) };
        if !rest.is_empty() {
            return Err(ChangeError::Malformed);
        }
        Ok(Self { at: UnixMillis(u64::from_be_bytes(*at)), keys, old, new })
    }
}

/// The stored form of a record, without taking the images.
pub(crate) fn encode(
    at: UnixMillis,
    keys: &Item,
    old: Option<&StoredItem>,
    new: Option<&StoredItem>,
) -> Bytes {
    let keys = StoredItem::of(keys);
    let items = || [Some(&keys), old, new].into_iter().flatten().map(StoredItem::as_bytes);
    let mut payload = BytesMut::with_capacity(10 + items().map(|item| 4 + item.len()).sum::<usize>());
    payload.put_u8(VERSION);
    payload.put_u64(at.0);
    payload.put_u8(old.map_or(0, |_| OLD_IMAGE) | new.map_or(0, |_| NEW_IMAGE));
    for item in items() {
        // An item's stored form is far below 4 GB: the API's limit is 400 KB.
        payload.put_u32(item.len() as u32);
        payload.put_slice(item);
    }
    payload.freeze()
}

fn take_item(rest: &mut &[u8]) -> Result<Item, ChangeError> {
    let (length, after) = rest.split_first_chunk::<4>().ok_or(ChangeError::Malformed)?;
    let length = u32::from_be_bytes(*length) as usize;
    let (encoded, after) = after.split_at_checked(length).ok_or(ChangeError::Malformed)?;
    *rest = after;
    Ok(decode_item(encoded)?)
}

#[cfg(test)]
mod tests;
