//! What one write does to an item's entries in global indexes, and the change record that says only that.
//!
//! A log that nobody but the indexes reads has *entry records*: they say where entries were, where they are and how large they are,
//! and leave out what they hold. Who keeps up gets that with the record, as its attachment; who comes later, after a crash or from far
//! behind, takes it from the item as it is by then. That may be a later state than the record's, and never a wrong one: whatever
//! changed the entry in between has a record of its own, further on, which ends in the same place. An item whose entry is somewhere
//! else by then shows nothing until that record comes. Counts go by the sizes in the record, so they do not depend on any of this.
//!
//! ```text
//! 03 | length, 2 BE | item's row | for each entry that changes:
//!    index, 8 BE | flags: 1 was there, 2 is there, 4 in the same place | size before, 4 BE | size after, 4 BE
//!                | length, 2 BE | row before | length, 2 BE | row after         what the flags say; one row for both of flag 4
//! ```
//!
//! Rows are keys behind their prefix of space and id.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use partita_model::codec::StoredItem;
use partita_model::schema::GlobalIndex;
use partita_model::{KeySchema, TableId};
use partita_storage::space::{self, TABLE_PREFIX_BYTES, TABLE_ROWS};

use crate::change::{ChangeError, ENTRIES_VERSION};
use crate::index::{Entry, EntryChange};
use crate::row::{ItemKey, ItemValue};

const BEFORE: u8 = 1;
const AFTER: u8 = 2;
const SAME_PLACE: u8 = 4;

/// What one write does to the entries of its item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ItemMoves {
    /// The key of the item's row.
    pub(crate) item: Bytes,
    /// The entries that change.
    pub(crate) entries: Vec<EntryMove>,
}

/// What one write does to one entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EntryMove {
    /// The index.
    pub(crate) index: TableId,
    /// Where the entry was.
    pub(crate) before: Option<Place>,
    /// Where it is.
    pub(crate) after: Option<Place>,
    /// What it holds there, if that is known.
    pub(crate) value: Option<Bytes>,
}

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The key of its row.
    pub(crate) row: Bytes,
    /// The entry's size, without overhead.
    pub(crate) size_bytes: u32,
}

impl Place {
    fn of(entry: &Entry) -> Self {
        // An item has at most 400 KB.
        Self { row: entry.row.clone(), size_bytes: entry.size() as u32 }
    }
}

impl EntryMove {
    /// The move that a change of an entry is; `None` when it stays as it is.
    pub(crate) fn of(index: TableId, change: &EntryChange) -> Option<Self> {
        change.is_change().then(|| Self {
            index,
            before: change.before.as_ref().map(Place::of),
            after: change.after.as_ref().map(Place::of),
            value: change.after.as_ref().map(|entry| entry.value.bytes().clone()),
        })
    }

    /// The move of an item's entry between two images of the item.
    pub(crate) fn between(
        schema: &KeySchema,
        index: &GlobalIndex,
        key: &ItemKey,
        images: [Option<&StoredItem>; 2],
    ) -> Option<Self> {
        let images = images.map(|image| image.map(ItemValue::of_stored));
        let change = EntryChange::of_global(schema, index, key, images.each_ref().map(Option::as_ref));
        Self::of(index.id, &change)
    }

    /// The row that has to go.
    pub(crate) fn removed_row(&self) -> Option<&Bytes> {
        let before = self.before.as_ref()?;
        (!self.is_in_place()).then_some(&before.row)
    }

    /// What it takes in rows.
    pub(crate) fn size_bytes(&self) -> usize {
        let places = self.before.iter().chain(&self.after).map(|place| place.row.len());
        places.sum::<usize>() + self.value.as_ref().map_or(0, Bytes::len)
    }

    fn is_in_place(&self) -> bool {
        self.before.as_ref().zip(self.after.as_ref()).is_some_and(|(before, after)| before.row == after.row)
    }
}

impl ItemMoves {
    /// The moves between two images of an item in these indexes.
    pub(crate) fn between<'i>(
        schema: &KeySchema,
        indexes: impl Iterator<Item = &'i GlobalIndex>,
        key: &ItemKey,
        images: [Option<&StoredItem>; 2],
    ) -> Self {
        let entries = indexes.filter_map(|index| EntryMove::between(schema, index, key, images));
        Self { item: key.row().clone(), entries: entries.collect() }
    }

    /// What of it takes memory.
    pub(crate) fn size_bytes(&self) -> usize {
        let entries = self.entries.capacity() * size_of::<EntryMove>();
        size_of::<Self>() + entries + self.entries.iter().map(EntryMove::size_bytes).sum::<usize>()
    }

    /// As an entry record. What entries hold is left out.
    pub(crate) fn encode(&self) -> Bytes {
        let rows = self.entries.iter().flat_map(|entry| entry.before.iter().chain(&entry.after));
        let rows = rows.map(|place| place.row.len()).sum::<usize>();
        let mut record = BytesMut::with_capacity(3 + self.item.len() + rows + 21 * self.entries.len());
        record.put_u8(ENTRIES_VERSION);
        put_row(&self.item, &mut record);
        for entry in &self.entries {
            let (before, after) = (entry.before.as_ref(), entry.after.as_ref());
            let in_place = entry.is_in_place();
            let flags = before.map_or(0, |_| BEFORE) | after.map_or(0, |_| AFTER);
            record.put_u64(entry.index.0);
            record.put_u8(flags | if in_place { SAME_PLACE } else { 0 });
            [before, after].into_iter().flatten().for_each(|place| record.put_u32(place.size_bytes));
            let rows = before.into_iter().chain(after.filter(|_| !in_place));
            rows.for_each(|place| put_row(&place.row, &mut record));
        }
        record.freeze()
    }

    /// Reads the entry record of an item of `table`; `None` when it is a record of another kind.
    pub(crate) fn decode(table: TableId, record: &Bytes) -> Result<Option<Self>, ChangeError> {
        let mut rest = record.clone();
        if rest.try_get_u8() != Ok(ENTRIES_VERSION) {
            return Ok(None);
        }
        let item = read_row(table, &mut rest)?;
        let mut entries = Vec::new();
        while rest.has_remaining() {
            entries.push(EntryMove::decode(&mut rest)?);
        }
        Ok(Some(Self { item, entries }))
    }
}

impl EntryMove {
    fn decode(rest: &mut Bytes) -> Result<Self, ChangeError> {
        let malformed = |_| ChangeError::Malformed;
        let index = TableId(rest.try_get_u64().map_err(malformed)?);
        let flags = rest.try_get_u8().map_err(malformed)?;
        if flags & !(BEFORE | AFTER | SAME_PLACE) != 0 {
            return Err(ChangeError::Malformed);
        }
        let mut sizes = [None; 2];
        for (size, flag) in sizes.iter_mut().zip([BEFORE, AFTER]) {
            if flags & flag != 0 {
                *size = Some(rest.try_get_u32().map_err(malformed)?);
            }
        }
        let mut place = |size_bytes| -> Result<Place, ChangeError> {
            Ok(Place { row: read_row(index, rest)?, size_bytes })
        };
        let (before, after) = match (sizes, flags & SAME_PLACE != 0) {
            ([Some(before), Some(after)], true) => {
                let before = place(before)?;
                let after = Place { row: before.row.clone(), size_bytes: after };
                (Some(before), Some(after))
            }
            ([None, None], _) | (_, true) => return Err(ChangeError::Malformed),
            ([before, after], false) => (before.map(&mut place).transpose()?, after.map(place).transpose()?),
        };
        Ok(Self { index, before, after, value: None })
    }
}

fn put_row(row: &[u8], record: &mut BytesMut) {
    let place = row.get(TABLE_PREFIX_BYTES..).unwrap_or_default();
    // A row key has at most 65,535 bytes.
    record.put_u16(place.len() as u16);
    record.put_slice(place);
}

fn read_row(id: TableId, rest: &mut Bytes) -> Result<Bytes, ChangeError> {
    let length = usize::from(rest.try_get_u16().map_err(|_| ChangeError::Malformed)?);
    if length > rest.len() {
        return Err(ChangeError::Malformed);
    }
    Ok(space::table_key(TABLE_ROWS, id, &rest.split_to(length)))
}

#[cfg(test)]
mod tests;
