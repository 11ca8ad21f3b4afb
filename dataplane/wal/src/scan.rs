//! Reading a segment from front to back, and telling a torn end from damage.
//!
//! A segment's room is taken before it is written, so that what a crash kept from the disk reads as zeros, a sector at
//! least. A group at the end of the log of which a sector is missing was torn: its writers were never told that it was
//! durable. Anything else that is not a group is damage, the last group included: its writers may have been told. A
//! group says how many of its sectors were zero when it was written; more of them are missing.

use crate::format::{self, GROUP_MAGIC, GroupHeader, Records, SegmentHeader, is_zero, zero_sectors};

/// How the groups of a segment end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With zeros, or with the file.
    Clean,
    /// With a group that was not written whole.
    Torn,
    /// With something that nobody wrote.
    Damaged(&'static str),
}

/// Where reading a segment came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scanned {
    pub(crate) end: End,
    /// Where the last whole group ends.
    pub(crate) tail: usize,
    /// Where that group begins; the same place when there is none.
    pub(crate) last_group: usize,
    /// The number of the group that is expected there.
    pub(crate) next_group: u64,
}

/// Reads the groups of a segment and hands each to `visit`, which may refuse it.
pub(crate) fn scan<'a>(
    bytes: &'a [u8],
    header: &SegmentHeader,
    mut visit: impl FnMut(Records<'a>) -> Result<(), &'static str>,
) -> Scanned {
    let start = SegmentHeader::BYTES;
    let next_group = header.first_group;
    let mut scanned = Scanned { end: End::Clean, tail: start, last_group: start, next_group };
    loop {
        let rest = bytes.get(scanned.tail..).unwrap_or_default();
        if is_zero(rest) {
            return scanned;
        }
        match group(rest, header.salt, scanned.next_group) {
            Ok((length, records)) => {
                if let Err(what) = visit(records) {
                    return Scanned { end: End::Damaged(what), ..scanned };
                }
                scanned.last_group = scanned.tail;
                scanned.tail += length;
                scanned.next_group += 1;
            }
            Err(end) => {
                let end = end.unwrap_or_else(|| judge(bytes, scanned.tail, scanned.next_group, header.salt));
                return Scanned { end, ..scanned };
            }
        }
    }
}

/// The whole group at the beginning of `rest`. The error is how the segment ends, if that is already clear.
fn group(rest: &[u8], salt: u32, expected: u64) -> Result<(usize, Records<'_>), Option<End>> {
    let header = GroupHeader::decode(rest, salt).ok_or(None)?;
    if header.number != expected {
        return Err(Some(End::Damaged("groups before this one are missing")));
    }
    let body = rest.get(GroupHeader::BYTES..header.group_bytes()).ok_or(None)?;
    let records = format::records(body, salt).ok_or(None)?;
    Ok((header.group_bytes(), records))
}

/// What it is at `at` that is neither zeros nor the group `expected`.
fn judge(bytes: &[u8], at: usize, expected: u64, salt: u32) -> End {
    let rest = bytes.get(at..).unwrap_or_default();
    if later_group(rest, expected, salt) {
        return End::Damaged("a group is not what was written, and later ones are there");
    }
    let (extent, written_zero) = match GroupHeader::decode(rest, salt) {
        Some(header) => (header.group_bytes(), header.zero_sectors),
        None => (GroupHeader::BYTES, 0),
    };
    // The file ends before the group does.
    let Some(group) = rest.get(..extent) else { return End::Torn };
    let missing = zero_sectors(group, at as u64) > written_zero;
    if missing { End::Torn } else { End::Damaged("a group is not what was written") }
}

/// True when the header of a group behind `expected` is found anywhere after the first byte.
fn later_group(rest: &[u8], expected: u64, salt: u32) -> bool {
    let mut candidates = rest.windows(GroupHeader::BYTES).skip(1);
    candidates.any(|window| {
        window.starts_with(&GROUP_MAGIC)
            && GroupHeader::decode(window, salt).is_some_and(|header| header.number > expected)
    })
}
