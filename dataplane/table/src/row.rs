//! Where rows lie. This layout is on disk for ever: a kind byte never changes meaning, new kinds get new bytes.
//!
//! ```text
//! row of a table   01 | table id, 8 BE | partition hash, 16 | length of pk, 2 BE | pk | kind | rest
//!   item           kind 10 | sort key, or nothing when the table has none
//!   index entry    kind 20 | index ordinal, 1 | index sort key | table sort key, or nothing
//!   collection     kind 30
//! row of an index  01 | index id, 8 BE | partition hash, 16 | length of pk, 2 BE | pk | kind | rest
//!   global entry   kind 50 | index sort key, or nothing | table pk | table sort key, or nothing
//! build            08 | index id, 8 BE
//! statistics       06 | table id, 8 BE | stripe, 1
//! descriptor       05 | table id, 8 BE
//! ```
//!
//! `pk` and sort keys are in the model's key encoding ([`partita_model::key::encode_scalar`]): byte order is DynamoDB's order
//! and no encoded value is the beginning of another one, so that a sort key can be followed by more bytes. The partition hash
//! comes from the model too. The length in front of `pk` lets a scan find the kind byte without decoding keys.
//!
//! All rows of one partition key are one contiguous range, and partitions stand in the order of their hash, so a table can be
//! cut between any two hashes by a key range alone.
//!
//! A global index has an id of its own, and its entries lie as a table's items do. Its `pk` and its sort key may be of several
//! attributes: their encodings one after the other, and the hash of all of them.
//!
//! A local index's ordinal is its position among the local indexes of the table's descriptor. Local indexes are fixed when a table
//! is created, so an ordinal keeps its meaning for the life of the table id; the engine refuses a descriptor that changes them.
//!
//! Values start with a version byte. Items and index entries: `01 | item` in the model's codec, an entry holding just what it
//! projects. Collection: `01 | bytes, 8 BE`. Statistics: see [`crate::statistics`]. Descriptor: `01 | JSON`. Build: see
//! [`crate::global`].

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::codec::StoredItem;
use partita_model::key::{partition_hash_of, write_scalar};
use partita_model::schema::KeyAttribute;
use partita_model::{AttributeValue, Item, KeySchema, TableId};
use partita_storage::KeyRange;
use partita_storage::space::{self, TABLE_PREFIX_BYTES};

use crate::Error;

/// Version byte of every value that this layout knows.
pub(crate) const VALUE_VERSION: u8 = 1;

const ITEM: u8 = 0x10;
const INDEX_ENTRY: u8 = 0x20;
const COLLECTION: u8 = 0x30;
const GLOBAL_ENTRY: u8 = 0x50;
/// Greater than every kind there will ever be.
const KINDS_END: u8 = u8::MAX;

/// Bytes of a partition hash.
const HASH_BYTES: usize = 16;
/// Where the length of the partition key stands.
const LENGTH_AT: usize = TABLE_PREFIX_BYTES + HASH_BYTES;
/// Where the partition key stands.
const PARTITION_KEY_AT: usize = LENGTH_AT + 2;

/// Room for the row keys of most items, so that they are allocated once.
const ROW_KEY_BYTES: usize = 128;

/// What a row of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// An item.
    Item,
    /// An entry of the local index with this ordinal.
    IndexEntry(u8),
    /// The size of an item collection.
    Collection,
    /// An entry of a global index.
    GlobalEntry,
}

/// The values of an item's key attributes, where they stand in the item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyValues<'i> {
    pub(crate) hash: &'i AttributeValue,
    pub(crate) range: Option<&'i AttributeValue>,
}

impl<'i> KeyValues<'i> {
    /// The key of `item`; `None` if a key attribute is missing or of another type than the schema says. Other attributes do not
    /// matter.
    pub(crate) fn of_item(schema: &KeySchema, item: &'i Item) -> Option<Self> {
        let value_of = |attribute: &KeyAttribute| {
            item.get(&attribute.name).filter(|value| value.scalar_type() == Some(attribute.scalar))
        };
        let range = match &schema.range {
            Some(attribute) => Some(value_of(attribute)?),
            None => None,
        };
        Some(Self { hash: value_of(&schema.hash)?, range })
    }
}

/// The place of an item: the key of its row, in which the keys of all rows that belong to the item begin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ItemKey {
    row: Bytes,
    /// Where the kind byte stands in the row's key.
    kind_at: usize,
}

/// The common beginning of all rows of one partition key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Partition {
    prefix: Vec<u8>,
}

impl Partition {
    /// The partition of a partition-key value; `None` when the value is no scalar or longer than any key can be.
    pub(crate) fn new(table: TableId, key: &AttributeValue) -> Option<Self> {
        Self::of(table, &[key])
    }

    /// The same of the values of all partition attributes of a global index.
    pub(crate) fn of(id: TableId, key: &[&AttributeValue]) -> Option<Self> {
        let mut prefix = Vec::with_capacity(ROW_KEY_BYTES);
        prefix.put_slice(&space::table_prefix(space::TABLE_ROWS, id));
        prefix.put_slice(&partition_hash_of(key));
        prefix.put_u16(0);
        for value in key {
            write_scalar(value, &mut prefix)?;
        }
        let length = u16::try_from(prefix.len() - PARTITION_KEY_AT).ok()?;
        prefix.get_mut(LENGTH_AT..PARTITION_KEY_AT)?.copy_from_slice(&length.to_be_bytes());
        Some(Self { prefix })
    }

    /// The beginning of all item rows.
    pub(crate) fn items(&self) -> Bytes {
        joined(&[&self.prefix, &[ITEM]])
    }

    /// The beginning of all entries of one local index.
    pub(crate) fn index_entries(&self, ordinal: u8) -> Bytes {
        joined(&[&self.prefix, &[INDEX_ENTRY, ordinal]])
    }

    /// The beginning of all entries of a global index.
    pub(crate) fn global_entries(&self) -> Bytes {
        joined(&[&self.prefix, &[GLOBAL_ENTRY]])
    }
}

impl ItemKey {
    /// The place of a primary key; `None` when one of its values is no scalar or longer than any key can be.
    pub(crate) fn new(table: TableId, key: KeyValues<'_>) -> Option<Self> {
        let Partition { prefix: mut row } = Partition::new(table, key.hash)?;
        let kind_at = row.len();
        row.put_u8(ITEM);
        if let Some(range) = key.range {
            write_scalar(range, &mut row)?;
        }
        Some(Self { row: row.into(), kind_at })
    }

    /// The place of the item whose row has this key.
    pub(crate) fn of_row(row: &Bytes) -> Result<Self, Error> {
        match (kind(row), kind_at(row)) {
            (Some(RowKind::Item), Some(kind_at)) => Ok(Self { row: row.clone(), kind_at }),
            _ => Err(corrupt(row)),
        }
    }

    /// The partition hash, first byte most significant.
    pub(crate) fn hash(&self) -> [u8; HASH_BYTES] {
        let hash = self.row.get(TABLE_PREFIX_BYTES..LENGTH_AT).and_then(|hash| hash.try_into().ok());
        hash.expect("every row of a table has a hash")
    }

    /// The key of the item's row.
    pub(crate) fn row(&self) -> &Bytes {
        &self.row
    }

    /// The key of the item's entry in a local index, under an encoded index sort key.
    pub(crate) fn index_row(&self, ordinal: u8, index_range: &[u8]) -> Bytes {
        let (partition, range) = self.parts();
        joined(&[partition, &[INDEX_ENTRY, ordinal], index_range, range])
    }

    /// The key of the item's entry in a global index, in a partition of that index and under an encoded sort key.
    pub(crate) fn global_row(&self, partition: &Partition, index_range: &[u8]) -> Bytes {
        let (table_partition, range) = self.parts();
        let hash = table_partition.get(PARTITION_KEY_AT..).unwrap_or_default();
        joined(&[&partition.prefix, &[GLOBAL_ENTRY], index_range, hash, range])
    }

    /// The key of the row that holds the item collection's size.
    pub(crate) fn collection(&self) -> Bytes {
        joined(&[self.parts().0, &[COLLECTION]])
    }

    /// What stands before the kind byte, and the encoded sort key behind it.
    fn parts(&self) -> (&[u8], &[u8]) {
        let (partition, kind) = self.row.split_at(self.kind_at);
        (partition, kind.get(1..).unwrap_or_default())
    }
}

fn joined(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

/// The beginning of all rows of a table.
pub(crate) fn table_prefix(table: TableId) -> Bytes {
    space::table_key(space::TABLE_ROWS, table, &[])
}

/// The rows of a table behind the item whose row has this key, without its prefix; all rows if there is none.
pub(crate) fn rows_behind(table: TableId, place: Option<&[u8]>) -> KeyRange {
    let rows = KeyRange::prefix(table_prefix(table));
    match place {
        Some(place) => rows.after(&space::table_key(space::TABLE_ROWS, table, place)),
        None => rows,
    }
}

/// The first key that a row of a partition with this hash, or a greater one, can have.
pub(crate) fn hash_start(table: TableId, hash: u128) -> Bytes {
    space::table_key(space::TABLE_ROWS, table, &hash.to_be_bytes())
}

/// The key of a table's descriptor.
pub(crate) fn descriptor(table: TableId) -> Bytes {
    space::table_key(space::DESCRIPTORS, table, &[])
}

/// The beginning of a table's statistics rows.
pub(crate) fn statistics_prefix(table: TableId) -> Bytes {
    space::table_key(space::STATISTICS, table, &[])
}

/// The key of a global index's statistics: it has one row, and one writer.
pub(crate) fn index_statistics(index: TableId) -> Bytes {
    statistics(index, 0)
}

/// The key of the row that says how far a global index is built.
pub(crate) fn build(index: TableId) -> Bytes {
    space::table_key(space::BUILDS, index, &[])
}

/// The key of one stripe's statistics.
pub(crate) fn statistics(table: TableId, stripe: u8) -> Bytes {
    space::table_key(space::STATISTICS, table, &[stripe])
}

/// What the row under `key` is; `None` when this layout does not know it.
pub(crate) fn kind(key: &[u8]) -> Option<RowKind> {
    let (_, kind) = key.split_at_checked(kind_at(key)?)?;
    match kind {
        [ITEM, ..] => Some(RowKind::Item),
        [INDEX_ENTRY, ordinal, ..] => Some(RowKind::IndexEntry(*ordinal)),
        [COLLECTION, ..] => Some(RowKind::Collection),
        [GLOBAL_ENTRY, ..] => Some(RowKind::GlobalEntry),
        _ => None,
    }
}

/// A key that is greater than `key`, which is of another kind, and not greater than the next row of the wanted kind.
pub(crate) fn towards(key: &[u8], wanted: RowKind) -> Option<Bytes> {
    let partition = key.get(..kind_at(key)?)?;
    let in_partition = |kind: &[u8]| Bytes::from([partition, kind].concat());
    let first = match wanted {
        RowKind::Item => in_partition(&[ITEM]),
        RowKind::IndexEntry(ordinal) => in_partition(&[INDEX_ENTRY, ordinal]),
        RowKind::Collection => in_partition(&[COLLECTION]),
        RowKind::GlobalEntry => in_partition(&[GLOBAL_ENTRY]),
    };
    // Behind the wanted rows of this partition there are none before the next one.
    if first.as_ref() > key { Some(first) } else { Some(in_partition(&[KINDS_END])) }
}

/// Where the kind byte of a row stands.
fn kind_at(key: &[u8]) -> Option<usize> {
    let length: [u8; 2] = key.get(LENGTH_AT..PARTITION_KEY_AT)?.try_into().ok()?;
    Some(PARTITION_KEY_AT + usize::from(u16::from_be_bytes(length)))
}

/// The value of an item's or index entry's row, and the item in it; the two share their bytes.
#[derive(Clone, Debug)]
pub(crate) struct ItemValue {
    bytes: Bytes,
    item: StoredItem,
}

impl ItemValue {
    /// The value that will hold `item`.
    pub(crate) fn of(item: &Item) -> Self {
        let (bytes, item) = StoredItem::after(&[VALUE_VERSION], item);
        Self { bytes, item }
    }

    /// The value that will hold an item in its stored form.
    pub(crate) fn of_stored(item: &StoredItem) -> Self {
        let mut bytes = BytesMut::with_capacity(1 + item.as_bytes().len());
        bytes.put_u8(VALUE_VERSION);
        bytes.put_slice(item.as_bytes());
        Self { bytes: bytes.freeze(), item: item.clone() }
    }

    /// What was read from the row under `key`.
    pub(crate) fn read(key: &[u8], bytes: Bytes) -> Result<Self, Error> {
        let item = read_item(key, &bytes)?;
        Ok(Self { bytes, item })
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(crate) fn item(&self) -> &StoredItem {
        &self.item
    }

    pub(crate) fn into_item(self) -> StoredItem {
        self.item
    }
}

/// Equal items have equal bytes.
impl PartialEq for ItemValue {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

/// The item in a row's value, which it shares.
pub(crate) fn read_item(key: &[u8], value: &Bytes) -> Result<StoredItem, Error> {
    let encoded = value.slice_ref(body(key, value)?);
    StoredItem::check(encoded)
        .map_err(|source| Error::CorruptItem { key: Bytes::copy_from_slice(key), source })
}

/// The value of a collection row.
pub(crate) fn collection_value(size_bytes: u64) -> Bytes {
    let mut value = BytesMut::with_capacity(9);
    value.put_u8(VALUE_VERSION);
    value.put_u64(size_bytes);
    value.freeze()
}

/// The size in a collection row's value.
pub(crate) fn read_collection(key: &[u8], value: &[u8]) -> Result<u64, Error> {
    let size: [u8; 8] = body(key, value)?.try_into().map_err(|_| corrupt(key))?;
    Ok(u64::from_be_bytes(size))
}

/// What follows the version byte.
pub(crate) fn body<'v>(key: &[u8], value: &'v [u8]) -> Result<&'v [u8], Error> {
    match value.split_first() {
        Some((&VALUE_VERSION, body)) => Ok(body),
        _ => Err(corrupt(key)),
    }
}

/// The error of a row whose value this version cannot read.
pub(crate) fn corrupt(key: &[u8]) -> Error {
    Error::CorruptRow { key: Bytes::copy_from_slice(key) }
}

#[cfg(test)]
mod tests;
