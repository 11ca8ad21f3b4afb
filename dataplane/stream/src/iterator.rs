//! Shard iterators: a place in a shard, as a text that clients only hand back.
//!
//! ```text
//! base64url( 01 | issued at, 8 BE, ms | place, 9 | length and table name | length and label | length and shard | CRC-32, 4 BE )
//! place = 00 and zeros: with the oldest record | 01 and a position, 8 BE: behind it
//! ```
//!
//! The checksum is there against accidents. Forging an iterator gains nothing: what it names is looked up, and asked for by a
//! request that is itself signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Buf, BufMut};
use partita_model::TableName;
use partita_model::clock::UnixMillis;
use partita_protocol::stream::{ShardId, ShardIterator, StreamName};

/// The format of an iterator.
const VERSION: u8 = 1;

const OLDEST: u8 = 0;
const BEHIND: u8 = 1;

/// How long an iterator can be used, in milliseconds: the service's fifteen minutes.
const LIFETIME_MS: u64 = 15 * 60 * 1000;

/// Where reading goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bookmark {
    pub(crate) stream: StreamName,
    pub(crate) shard: ShardId,
    pub(crate) place: Place,
    pub(crate) issued: UnixMillis,
}

/// A place in a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// With the oldest record that is there when it is read.
    Oldest,
    /// With the record behind this position.
    Behind(u64),
}

impl Bookmark {
    /// Whether it was issued too long ago.
    pub(crate) fn is_expired(&self, now: UnixMillis) -> bool {
        now.0 > self.issued.0.saturating_add(LIFETIME_MS)
    }

    /// As clients get it: at most some 600 characters, since a table's name has at most 255.
    pub(crate) fn encode(&self) -> ShardIterator {
        let (kind, position) = match self.place {
            Place::Oldest => (OLDEST, 0),
            Place::Behind(position) => (BEHIND, position),
        };
        let mut bytes = vec![VERSION];
        bytes.put_u64(self.issued.0);
        bytes.put_u8(kind);
        bytes.put_u64(position);
        for text in [self.stream.table.as_str(), &self.stream.label, self.shard.as_str()] {
            // Names of tables, labels and names of shards are far shorter than 64 KiB.
            bytes.put_u16(text.len() as u16);
            bytes.put_slice(text.as_bytes());
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.put_u32(checksum);
        ShardIterator::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The inverse of [`encode`](Self::encode); `None` for anything that was never issued.
    pub(crate) fn decode(iterator: &ShardIterator) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(iterator.as_str()).ok()?;
        let (mut rest, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(rest) != u32::from_be_bytes(*checksum) || rest.try_get_u8().ok()? != VERSION {
            return None;
        }
        let issued = UnixMillis(rest.try_get_u64().ok()?);
        let (kind, position) = (rest.try_get_u8().ok()?, rest.try_get_u64().ok()?);
        let place = match kind {
            OLDEST => Place::Oldest,
            BEHIND => Place::Behind(position),
            _ => return None,
        };
        let table = TableName::new(take_text(&mut rest)?);
        let label = take_text(&mut rest)?;
        let shard = ShardId::new(take_text(&mut rest)?);
        rest.is_empty().then_some(Self { stream: StreamName { table, label }, shard, place, issued })
    }
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = rest.try_get_u16().ok()?.into();
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bookmark(place: Place) -> Bookmark {
        Bookmark {
            stream: StreamName {
                table: TableName::new("music"),
                label: "2026-10-08T23:20:48.000".to_owned(),
            },
            shard: ShardId::new("shardId-00000001791501648000-0a1b2c3d"),
            place,
            issued: UnixMillis(1_791_501_648_123),
        }
    }

    #[test]
    fn bookmarks_are_read_back() {
        for place in [Place::Oldest, Place::Behind(0), Place::Behind(u64::MAX)] {
            assert_eq!(Bookmark::decode(&bookmark(place).encode()), Some(bookmark(place)));
        }
    }

    #[test]
    fn a_bookmark_lives_for_a_quarter_of_an_hour() {
        let bookmark = bookmark(Place::Oldest);
        for (after, expired) in [(0, false), (LIFETIME_MS, false), (LIFETIME_MS + 1, true)] {
            assert_eq!(bookmark.is_expired(UnixMillis(bookmark.issued.0 + after)), expired, "{after}");
        }
        assert!(!bookmark.is_expired(UnixMillis(0)), "the clock went back");
    }

    #[test]
    fn the_longest_bookmark_fits_the_service_model() {
        let stream = StreamName { table: TableName::new("t".repeat(255)), ..bookmark(Place::Oldest).stream };
        assert!(Bookmark { stream, ..bookmark(Place::Oldest) }.encode().as_str().len() <= 2048);
    }

    proptest! {
        #[test]
        fn what_was_not_issued_is_refused(text in "[A-Za-z0-9_=-]{0,80}") {
            prop_assert_eq!(Bookmark::decode(&ShardIterator::new(text)), None);
        }

        #[test]
        fn a_damaged_iterator_is_refused(at in 0_usize..100, to in "[A-Za-z0-9]") {
            let iterator = bookmark(Place::Behind(7)).encode();
            let at = at % iterator.as_str().len();
            let damaged: String = iterator.as_str().chars().enumerate()
                .map(|(index, old)| if index == at { to.chars().next().unwrap_or(old) } else { old }).collect();
            prop_assume!(damaged != iterator.as_str());
            prop_assert_eq!(Bookmark::decode(&ShardIterator::new(damaged)), None);
        }
    }
}
