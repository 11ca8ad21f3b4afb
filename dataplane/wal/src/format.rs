//! The log's files, byte by byte. All numbers are little-endian.
//!
//! ```text
//! segment: header, group, group, … zeros to the end of the room that was taken for it
//! group:   header, record, record, …          written in one piece and synced once
//! record:  header, payload                    whole batches of one shard, or something about a shard
//! ```
//!
//! A segment's number is its file's name, and numbers have no gaps; nor have the groups', which run on from segment to
//! segment. So a file or a group that is missing in the middle is noticed. Every checksum begins with the log's salt,
//! which nobody outside knows: what a client stores never looks like a group.

use crc32fast::Hasher;

/// The version of all of this but the header of a segment, whose length, magic, version and sum stay where they are.
pub(crate) const VERSION: u8 = 2;

/// What a disk writes whole or not at all, in bytes: the smallest unit of any disk. A group of which no unit is missing
/// was written whole.
pub(crate) const SECTOR_BYTES: usize = 512;

const SEGMENT_MAGIC: [u8; 8] = *b"PARTITA\n";
pub(crate) const GROUP_MAGIC: [u8; 4] = *b"GRP\x1a";

/// What a name of a segment ends with.
const SEGMENT_SUFFIX: &str = ".log";
/// What the name of a segment ends with while it is made.
pub(crate) const UNFINISHED_SUFFIX: &str = ".new";
/// What the kept part of a damaged segment is called, behind the segment's name, until its repair is finished. While it is
/// there the log is not opened.
const CUT_SUFFIX: &str = ".cut";

/// The name of a segment's file.
pub(crate) fn segment_name(number: u64) -> String {
    format!("{number:012}{SEGMENT_SUFFIX}")
}

/// The number of the segment in the file of this name.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    let number = name.strip_suffix(SEGMENT_SUFFIX)?.parse().ok()?;
    (segment_name(number) == name).then_some(number)
}

/// The name of what is kept of a segment in a repair that is not finished.
pub(crate) fn cut_name(number: u64) -> String {
    format!("{}{CUT_SUFFIX}", segment_name(number))
}

/// The number of the segment of which the file of this name is what is kept.
pub(crate) fn cut_number(name: &str) -> Option<u64> {
    segment_number(name.strip_suffix(CUT_SUFFIX)?)
}

/// The sum of `bytes` in this log.
fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// How a segment begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) number: u64,
    pub(crate) log: u128,
    pub(crate) salt: u32,
    /// The number of the segment's first group.
    pub(crate) first_group: u64,
}

/// What a bad header of a segment is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HeaderDefect {
    Damaged,
    Version(u8),
}

impl SegmentHeader {
    pub(crate) const BYTES: usize = 64;

    pub(crate) fn encode(&self) -> [u8; Self::BYTES] {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.extend_from_slice(&SEGMENT_MAGIC);
        bytes.extend_from_slice(&[VERSION, 0, 0, 0]);
        bytes.extend_from_slice(&self.salt.to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.first_group.to_le_bytes());
        bytes.extend_from_slice(&self.log.to_le_bytes());
        bytes.resize(Self::BYTES - 4, 0);
        bytes.extend_from_slice(&checksum(0, &bytes).to_le_bytes());
        bytes.try_into().expect("the parts add up to the header")
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeaderDefect> {
        let header = bytes.get(..Self::BYTES).ok_or(HeaderDefect::Damaged)?;
        let (body, sum) = header.split_at(Self::BYTES - 4);
        let version = body.get(SEGMENT_MAGIC.len()).copied().unwrap_or_default();
        if !body.starts_with(&SEGMENT_MAGIC) || checksum(0, body).to_le_bytes() != *sum {
            return Err(HeaderDefect::Damaged);
        }
        if version != VERSION {
            return Err(HeaderDefect::Version(version));
        }
        let decode = || {
            Some(Self {
                salt: u32_at(body, 12)?,
                number: u64_at(body, 16)?,
                first_group: u64_at(body, 24)?,
                log: array(body, 32).map(u128::from_le_bytes)?,
            })
        };
        decode().ok_or(HeaderDefect::Damaged)
    }
}

/// How a group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupHeader {
    pub(crate) number: u64,
    /// The length of the records.
    pub(crate) body_bytes: u32,
    /// How many sectors, or parts of one at the ends, are zero as they were written ([`zero_sectors`]): rows may hold
    /// long runs of zeros, which are not to be taken for what a crash kept from the disk.
    pub(crate) zero_sectors: u32,
}

impl GroupHeader {
    pub(crate) const BYTES: usize = 25;

    /// The magic at its beginning and the mark at its end see to it that no part of a header is zero.
    const MARK: u8 = 0x1a;

    /// Fills in the header of the group that `group` is, behind which its records stand already; `offset` is where in its segment the
    /// group begins.
    pub(crate) fn complete(group: &mut [u8], number: u64, offset: u64, salt: u32) {
        let body_bytes = u32::try_from(group.len() - Self::BYTES);
        let body_bytes = body_bytes.expect("a group has at most the bytes that are let in at once");
        // No part of the header is zero, whatever will stand there.
        group[..Self::BYTES].fill(Self::MARK);
        let header = Self { number, body_bytes, zero_sectors: zero_sectors(group, offset) };
        group[..Self::BYTES].copy_from_slice(&header.encode(salt));
    }

    fn encode(&self, salt: u32) -> [u8; Self::BYTES] {
        let mut bytes = [Self::MARK; Self::BYTES];
        bytes[..4].copy_from_slice(&GROUP_MAGIC);
        bytes[4..12].copy_from_slice(&self.number.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.body_bytes.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.zero_sectors.to_le_bytes());
        let sum = checksum(salt, &bytes[..20]);
        bytes[20..24].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// The header at the beginning of `bytes`, when it is one.
    pub(crate) fn decode(bytes: &[u8], salt: u32) -> Option<Self> {
        let header: [u8; Self::BYTES] = array(bytes, 0)?;
        let decoded = Self {
            number: u64_at(&header, 4)?,
            body_bytes: u32_at(&header, 12)?,
            zero_sectors: u32_at(&header, 16)?,
        };
        (decoded.encode(salt) == header).then_some(decoded)
    }

    /// The length of the whole group.
    pub(crate) fn group_bytes(&self) -> usize {
        Self::BYTES + self.body_bytes as usize
    }
}

/// How many of the sectors on which `bytes` lie from `offset` of a file on are zero, as far as `bytes` reach.
pub(crate) fn zero_sectors(bytes: &[u8], offset: u64) -> u32 {
    // The remainder is less than a sector.
    let first = SECTOR_BYTES - (offset % SECTOR_BYTES as u64) as usize;
    let (head, rest) = bytes.split_at(first.min(bytes.len()));
    let zero = |piece: &&[u8]| !piece.is_empty() && is_zero(piece);
    let count = std::iter::once(head).chain(rest.chunks(SECTOR_BYTES)).filter(zero).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    // In pieces: the room behind the last group is megabytes.
    bytes.chunks(4096).all(|piece| piece.iter().fold(0, |seen, byte| seen | byte) == 0)
}

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The payload are the rows of one batch.
    Rows = 1,
    /// In this segment the number stands for the shard whose path is the payload; its last record before this one has
    /// this id.
    Shard = 2,
    /// All records of the shard before this one are void.
    Drop = 3,
    /// Records up to this id were lost in a repair.
    Lost = 4,
}

impl Kind {
    fn decode(byte: u8) -> Option<Self> {
        [Self::Rows, Self::Shard, Self::Drop, Self::Lost].into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// How a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) kind: Kind,
    /// The number that the shard has in this segment.
    pub(crate) shard: u32,
    /// What the engine calls the id of a log file: rises from record to record of a shard.
    pub(crate) id: u64,
    /// The sequence of the batch.
    pub(crate) seq: u64,
}

impl RecordHeader {
    pub(crate) const BYTES: usize = 32;

    /// Fills in the header of the record that begins at `start` and ends with `buffer`.
    pub(crate) fn complete(&self, buffer: &mut [u8], start: usize, salt: u32) {
        let record = &mut buffer[start..];
        let payload =
            u32::try_from(record.len() - Self::BYTES).expect("an admitted batch is shorter than 4 GiB");
        record[4..8].copy_from_slice(&payload.to_le_bytes());
        record[8..12].copy_from_slice(&[self.kind as u8, 0, 0, 0]);
        record[12..16].copy_from_slice(&self.shard.to_le_bytes());
        record[16..24].copy_from_slice(&self.id.to_le_bytes());
        record[24..32].copy_from_slice(&self.seq.to_le_bytes());
        let sum = checksum(salt, &record[4..]);
        record[..4].copy_from_slice(&sum.to_le_bytes());
    }

    /// Appends a whole record.
    pub(crate) fn append(&self, buffer: &mut Vec<u8>, payload: &[u8], salt: u32) {
        let start = buffer.len();
        buffer.resize(start + Self::BYTES, 0);
        buffer.extend_from_slice(payload);
        self.complete(buffer, start, salt);
    }

    /// The length of the record at the beginning of `bytes`, by its own word.
    pub(crate) fn record_bytes(bytes: &[u8]) -> Option<usize> {
        Some(Self::BYTES + u32_at(bytes, 4)? as usize)
    }

    /// The number of the shard of the record at the beginning of `bytes`, by its own word.
    pub(crate) fn shard_of(bytes: &[u8]) -> Option<u32> {
        u32_at(bytes, 12)
    }

    /// The record that `bytes` are, when they are one, and its payload.
    pub(crate) fn decode(bytes: &[u8], salt: u32) -> Option<(Self, &[u8])> {
        let (sum, rest) = bytes.split_at_checked(4)?;
        if Self::record_bytes(bytes)? != bytes.len() || checksum(salt, rest).to_le_bytes() != *sum {
            return None;
        }
        let kind = Kind::decode(*bytes.get(8)?)?;
        let header =
            Self { kind, shard: u32_at(bytes, 12)?, id: u64_at(bytes, 16)?, seq: u64_at(bytes, 24)? };
        Some((header, bytes.get(Self::BYTES..)?))
    }
}

/// The records of a group, each with its payload.
pub(crate) type Records<'a> = Vec<(RecordHeader, &'a [u8])>;

/// The records of a group's body; `None` when it is not made of records.
pub(crate) fn records(body: &[u8], salt: u32) -> Option<Records<'_>> {
    let mut records = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let rest = body.get(at..)?;
        let bytes = RecordHeader::record_bytes(rest)?;
        let (header, payload) = RecordHeader::decode(rest.get(..bytes)?, salt)?;
        records.push((header, payload));
        at += bytes;
    }
    Some(records)
}
