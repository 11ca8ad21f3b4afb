//! Change records: what the change log says about one write of one item.
//!
//! ```text
//! 02 | flags: 1 old image, 2 new image, 4 expired | length of the old image, 4 BE, if any | old image | new image
//! ```
//!
//! Images are items in the model's codec; their keys are in them, and the log says when. Records are on disk until every reader
//! has passed them, so a version byte never changes meaning. Where global indexes are all that reads the log, its records are of
//! another form, which is theirs alone ([`crate::global`]).

use bytes::{Buf, BufMut, Bytes, BytesMut};
use partita_model::codec::{CodecError, StoredItem};
use partita_model::{Item, KeySchema};

use crate::index;

const VERSION: u8 = 2;
/// The first byte of records that only tell of entries of global indexes.
pub(crate) const ENTRIES_VERSION: u8 = 3;
const OLD_IMAGE: u8 = 1;
const NEW_IMAGE: u8 = 2;
const EXPIRED: u8 = 4;

/// One change of one item, as every reader of the change log sees it but for the global indexes. At least one image is there, and the two differ.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRecord {
    /// The item before the write; `None` when it was inserted.
    pub old: Option<StoredItem>,
    /// The item after the write; `None` when it was removed.
    pub new: Option<StoredItem>,
    /// Whether it was removed because its time had come, and not by a caller.
    pub expired: bool,
}

/// Why bytes are not a change record: they were damaged, or a newer version wrote them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The first byte is no version known here.
    #[error("unknown version of a change record")]
    UnknownVersion,
    /// The record is of a time when only global indexes read the log.
    #[error("the change record has no images")]
    EntriesOnly,
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
        encode(self.old.as_ref(), self.new.as_ref(), self.expired)
    }

    /// The inverse of [`encode`](Self::encode). The images share the payload's bytes.
    ///
    /// # Errors
    /// When the payload is no change record that this version knows.
    pub fn decode(payload: &Bytes) -> Result<Self, ChangeError> {
        let mut rest = payload.clone();
        match rest.try_get_u8().map_err(|_| ChangeError::Malformed)? {
            VERSION => {}
            ENTRIES_VERSION => return Err(ChangeError::EntriesOnly),
            _ => return Err(ChangeError::UnknownVersion),
        }
        let flags = rest.try_get_u8().map_err(|_| ChangeError::Malformed)?;
        if flags & (OLD_IMAGE | NEW_IMAGE) == 0 || flags & !(OLD_IMAGE | NEW_IMAGE | EXPIRED) != 0 {
            return Err(ChangeError::Malformed);
        }
        let old = match flags & OLD_IMAGE {
            0 => None,
            _ => {
                let length = rest.try_get_u32().map_err(|_| ChangeError::Malformed)? as usize;
                if length > rest.len() {
                    return Err(ChangeError::Malformed);
                }
                Some(StoredItem::check(rest.split_to(length))?)
            }
        };
        let new = match flags & NEW_IMAGE {
            0 if rest.is_empty() => None,
            0 => return Err(ChangeError::Malformed),
            _ => Some(StoredItem::check(rest)?),
        };
        Ok(Self { old, new, expired: flags & EXPIRED != 0 })
    }

    /// The key attributes of the item, in a table with this key.
    pub fn keys(&self, schema: &KeySchema) -> Item {
        let image = self.new.as_ref().or(self.old.as_ref());
        image.map(|item| index::continuation(schema, None, item)).unwrap_or_default()
    }
}

/// The stored form of a record, without taking the images.
pub(crate) fn encode(old: Option<&StoredItem>, new: Option<&StoredItem>, expired: bool) -> Bytes {
    let bytes = |image: Option<&StoredItem>| image.map_or(0, |image| image.as_bytes().len());
    let mut payload = BytesMut::with_capacity(6 + bytes(old) + bytes(new));
    payload.put_u8(VERSION);
    let images = old.map_or(0, |_| OLD_IMAGE) | new.map_or(0, |_| NEW_IMAGE);
    payload.put_u8(images | if expired { EXPIRED } else { 0 });
    if let Some(old) = old {
        // An item's stored form is far below 4 GB: the API's limit is 400 KB.
        payload.put_u32(old.as_bytes().len() as u32);
        payload.put_slice(old.as_bytes());
    }
    if let Some(new) = new {
        payload.put_slice(new.as_bytes());
    }
    payload.freeze()
}

#[cfg(test)]
mod tests;
