//! The rows of transactions: tokens, the ledger and locks. As on disk for ever as the rows of tables ([`crate::row`]).
//!
//! ```text
//! token    0A | bucket, 8 BE | SHA-256 of account and token      01 | completed at, 8 BE, ms | fingerprint, 16
//!                                                                   | transaction, 16, or zeros | (read units, 8 BE) for each table
//! ledger   0B | zeros, 8 | transaction, 16                       01 | 1 committed, 2 aborted | decided at, 8 BE, ms
//!                                                                   | (participating shard, 8 BE) for each
//! lock     0C | table id, 8 BE | item row key behind its prefix  01 | transaction, 16 | ledger shard, 8 BE | locked at, 8 BE, ms
//!                                                                   | 1 check, 2 delete, 3 put | for a put the item's row value
//! ```
//!
//! A bucket is the time of completion in units of [`TOKEN_LIFETIME_MS`]: what is dead together lies together. The token row
//! of a transaction names it only when it had a ledger row.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use partita_model::TableId;
use partita_model::clock::UnixMillis;
use partita_protocol::operation::Fingerprint;
use partita_storage::space::{self, LEDGER, LOCKS, TABLE_PREFIX_BYTES, TABLE_ROWS, TOKENS};

use super::{Outcome, ShardId, TransactionId};
use crate::Error;
use crate::row::{self, ItemValue, VALUE_VERSION};

/// How long a finished transaction is remembered by its token. DynamoDB's promise.
pub(crate) const TOKEN_LIFETIME_MS: u64 = 10 * 60 * 1_000;

const COMMITTED: u8 = 1;
const ABORTED: u8 = 2;

const CHECK: u8 = 1;
const DELETE: u8 = 2;
const PUT: u8 = 3;

/// Bytes of a SHA-256 digest.
pub(crate) const DIGEST_BYTES: usize = 32;
/// Bytes of a transaction's id, and of a fingerprint.
const ID_BYTES: usize = 16;

/// What a token row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenRow {
    pub(crate) completed: UnixMillis,
    pub(crate) fingerprint: Fingerprint,
    /// The transaction, if it had a ledger row.
    pub(crate) transaction: Option<TransactionId>,
    /// What reading the items costs, for each table of the request in the order of their names.
    pub(crate) read_units: Vec<u64>,
}

/// What a ledger row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerRow {
    pub(crate) outcome: Outcome,
    pub(crate) decided: UnixMillis,
    /// The shards that have, or had, locks of the transaction; none when it was aborted.
    pub(crate) participants: Vec<ShardId>,
}

/// What a lock row says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LockRow {
    pub(crate) transaction: TransactionId,
    /// Where the transaction's outcome is to be asked for.
    pub(crate) ledger: ShardId,
    pub(crate) locked: UnixMillis,
    pub(crate) change: LockedChange,
}

/// What is to become of a locked item when its transaction is committed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LockedChange {
    /// Nothing: only its condition mattered.
    Check,
    Delete,
    Put(ItemValue),
}

/// The bucket of a time.
pub(crate) fn bucket(at: UnixMillis) -> u64 {
    at.0 / TOKEN_LIFETIME_MS
}

/// The key of a token's row.
pub(crate) fn token(bucket: u64, digest: &[u8; DIGEST_BYTES]) -> Bytes {
    // The bucket stands where other spaces have the table.
    space::table_key(TOKENS, TableId(bucket), digest)
}

/// The first key that a token row of this bucket or a later one can have.
pub(crate) fn tokens_from(bucket: u64) -> Bytes {
    space::table_key(TOKENS, TableId(bucket), &[])
}

/// The key of a transaction's ledger row.
pub(crate) fn ledger(transaction: TransactionId) -> Bytes {
    space::table_key(LEDGER, TableId(0), &transaction.to_bytes())
}

/// The transaction of a ledger row.
pub(crate) fn transaction_of(key: &[u8]) -> Result<TransactionId, Error> {
    let id = space::split(key).and_then(|(_, _, id)| id.try_into().ok());
    id.map(TransactionId::from_bytes).ok_or_else(|| row::corrupt(key))
}

/// The key of an item's lock row.
pub(crate) fn lock(item_row: &[u8]) -> Result<Bytes, Error> {
    let (_, table, rest) = space::split(item_row).ok_or_else(|| row::corrupt(item_row))?;
    Ok(space::table_key(LOCKS, table, rest))
}

/// The row key of the item that a lock row locks.
pub(crate) fn locked_item(lock: &[u8]) -> Result<Bytes, Error> {
    let (_, table, rest) = space::split(lock).ok_or_else(|| row::corrupt(lock))?;
    Ok(space::table_key(TABLE_ROWS, table, rest))
}

impl TokenRow {
    pub(crate) fn encode(&self) -> Bytes {
        let mut value = BytesMut::with_capacity(9 + 2 * ID_BYTES + size_of::<u64>() * self.read_units.len());
        value.put_u8(VALUE_VERSION);
        value.put_u64(self.completed.0);
        value.put_slice(&self.fingerprint.to_bytes());
        value.put_slice(&self.transaction.map_or([0; ID_BYTES], TransactionId::to_bytes));
        self.read_units.iter().for_each(|units| value.put_u64(*units));
        value.freeze()
    }

    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Result<Self, Error> {
        let corrupt = || row::corrupt(key);
        let rest = row::body(key, value)?;
        let (completed, rest) = rest.split_first_chunk().ok_or_else(corrupt)?;
        let (fingerprint, rest) = rest.split_first_chunk().ok_or_else(corrupt)?;
        let (transaction, rest) = rest.split_first_chunk::<ID_BYTES>().ok_or_else(corrupt)?;
        Ok(Self {
            completed: UnixMillis(u64::from_be_bytes(*completed)),
            fingerprint: Fingerprint::from_bytes(*fingerprint),
            transaction: transaction
                .iter()
                .any(|byte| *byte != 0)
                .then(|| TransactionId::from_bytes(*transaction)),
            read_units: numbers(key, rest)?,
        })
    }
}

impl LedgerRow {
    pub(crate) fn encode(&self) -> Bytes {
        let mut value = BytesMut::with_capacity(10 + size_of::<u64>() * self.participants.len());
        value.put_u8(VALUE_VERSION);
        value.put_u8(match self.outcome {
            Outcome::Committed => COMMITTED,
            Outcome::Aborted => ABORTED,
        });
        value.put_u64(self.decided.0);
        self.participants.iter().for_each(|shard| value.put_u64(shard.0));
        value.freeze()
    }

    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Result<Self, Error> {
        let corrupt = || row::corrupt(key);
        let (&outcome, rest) = row::body(key, value)?.split_first().ok_or_else(corrupt)?;
        let (decided, rest) = rest.split_first_chunk().ok_or_else(corrupt)?;
        Ok(Self {
            outcome: match outcome {
                COMMITTED => Outcome::Committed,
                ABORTED => Outcome::Aborted,
                _ => return Err(corrupt()),
            },
            decided: UnixMillis(u64::from_be_bytes(*decided)),
            participants: numbers(key, rest)?.into_iter().map(ShardId).collect(),
        })
    }
}

impl LockRow {
    pub(crate) fn encode(&self) -> Bytes {
        let item = match &self.change {
            LockedChange::Put(item) => item.bytes().as_ref(),
            LockedChange::Check | LockedChange::Delete => &[],
        };
        let mut value = BytesMut::with_capacity(18 + ID_BYTES + item.len());
        value.put_u8(VALUE_VERSION);
        value.put_slice(&self.transaction.to_bytes());
        value.put_u64(self.ledger.0);
        value.put_u64(self.locked.0);
        value.put_u8(match &self.change {
            LockedChange::Check => CHECK,
            LockedChange::Delete => DELETE,
            LockedChange::Put(_) => PUT,
        });
        value.put_slice(item);
        value.freeze()
    }

    pub(crate) fn decode(key: &[u8], mut value: Bytes) -> Result<Self, Error> {
        const FIXED_BYTES: usize = 18 + ID_BYTES;
        row::body(key, &value)?;
        if value.len() < FIXED_BYTES {
            return Err(row::corrupt(key));
        }
        value.advance(1);
        let mut id = [0; ID_BYTES];
        value.copy_to_slice(&mut id);
        let (ledger, locked, kind) = (value.get_u64(), value.get_u64(), value.get_u8());
        let change = match kind {
            CHECK if value.is_empty() => LockedChange::Check,
            DELETE if value.is_empty() => LockedChange::Delete,
            PUT => LockedChange::Put(ItemValue::read(key, value)?),
            _ => return Err(row::corrupt(key)),
        };
        let transaction = TransactionId::from_bytes(id);
        Ok(Self { transaction, ledger: ShardId(ledger), locked: UnixMillis(locked), change })
    }
}

/// Numbers of 8 bytes to the end.
fn numbers(key: &[u8], bytes: &[u8]) -> Result<Vec<u64>, Error> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    match rest {
        [] => Ok(numbers.iter().map(|number| u64::from_be_bytes(*number)).collect()),
        _ => Err(row::corrupt(key)),
    }
}

/// Bytes in front of what identifies a row within its table.
const _: () = assert!(TABLE_PREFIX_BYTES == 9, "locks keep what stands behind the prefix of an item's row");

#[cfg(test)]
mod tests {
    use partita_model::{AttributeValue, Item};

    use super::*;

    const ID: TransactionId = TransactionId::from_bytes([7; 16]);

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_token_row_stays_as_it_is() {
        let row = TokenRow {
            completed: UnixMillis(1_795_003_200_000),
            fingerprint: Fingerprint::from_bytes([0xAB; 16]),
            transaction: Some(ID),
            read_units: vec![2, 3],
        };
        let key = token(bucket(row.completed), &[0xCD; 32]);
        assert_eq!(hex(&key), format!("0a00000000002da638{}", "cd".repeat(32)));
        let value = row.encode();
        let golden = format!(
            "01000001a1ee873200{}{}00000000000000020000000000000003",
            "ab".repeat(16),
            "07".repeat(16)
        );
        assert_eq!(hex(&value), golden);
        assert_eq!(TokenRow::decode(&key, &value).unwrap(), row);
        let alone = TokenRow { transaction: None, read_units: Vec::new(), ..row };
        assert_eq!(TokenRow::decode(&key, &alone.encode()).unwrap(), alone);
        TokenRow::decode(&key, value.get(..value.len() - 1).unwrap()).unwrap_err();
    }

    #[test]
    fn a_ledger_row_stays_as_it_is() {
        let row = LedgerRow {
            outcome: Outcome::Committed,
            decided: UnixMillis(1),
            participants: vec![ShardId(1), ShardId(2)],
        };
        let key = ledger(ID);
        assert_eq!(hex(&key), format!("0b0000000000000000{}", "07".repeat(16)));
        assert_eq!(hex(&row.encode()), "0101000000000000000100000000000000010000000000000002");
        assert_eq!(LedgerRow::decode(&key, &row.encode()).unwrap(), row);
        assert_eq!(transaction_of(&key).unwrap(), ID);
        LedgerRow::decode(&key, &[1, 3, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap_err();
    }

    #[test]
    fn a_lock_row_stays_as_it_is() {
        let item = Item::from([("p".to_owned(), AttributeValue::S("k".to_owned()))]);
        let item_row = space::table_key(TABLE_ROWS, TableId(3), b"item");
        let key = lock(&item_row).unwrap();
        assert_eq!(key, space::table_key(LOCKS, TableId(3), b"item"));
        assert_eq!(locked_item(&key).unwrap(), item_row);
        for (change, kind) in [
            (LockedChange::Check, "01".to_owned()),
            (LockedChange::Delete, "02".to_owned()),
            (LockedChange::Put(ItemValue::of(&item)), format!("03{}", hex(ItemValue::of(&item).bytes()))),
        ] {
            let row = LockRow { transaction: ID, ledger: ShardId(5), locked: UnixMillis(6), change };
            let fixed = "00000000000000050000000000000006";
            assert_eq!(hex(&row.encode()), format!("01{}{fixed}{kind}", "07".repeat(16)));
            assert_eq!(LockRow::decode(&key, row.encode()).unwrap(), row);
        }
        LockRow::decode(&key, Bytes::from_static(&[1, 2])).unwrap_err();
    }
}
