//! Parts of data files that hold nothing, in the length of those that they replace.
//!
//! A block of the engine is a list of rows, then the offsets of rows at which a search may begin, two bytes each, and their number,
//! and the checksum. A row is: how many bytes of its key are those of the key before, how many follow, the length of its value, the
//! rest of the key, the value, its sequence, and flags. A row whose flags say that it is a removal has no value; the engine skips
//! what stands there, which so can be as long as needed.

/// The length of a checksum, in bytes.
const CHECKSUM_BYTES: usize = 4;

/// One offset, which is 0, and that there is one; big-endian.
const TRAILER: [u8; 4] = [0, 0, 0, 1];

/// The flag of a removal.
const REMOVAL: u8 = 1;

/// A sequence older than that of any row: whatever else there is of the key is newer.
const OLDEST: [u8; 8] = [0; 8];

/// How many bytes a length takes here: enough for any block. Shorter lengths may take as many.
const LENGTH_BYTES: usize = 4;

/// Makes `block` one that holds no row: nothing but the removal of `key` before all time. False when it is too short.
pub(super) fn without_rows(key: &[u8], block: &mut [u8]) -> bool {
    let mut content = vec![0];
    put_length(&mut content, key.len());
    let rest = key.len() + OLDEST.len() + 1 + TRAILER.len() + CHECKSUM_BYTES;
    let Some(filler) = block.len().checked_sub(content.len() + LENGTH_BYTES + rest) else { return false };
    put_length(&mut content, filler);
    content.extend_from_slice(key);
    content.resize(content.len() + filler, 0);
    content.extend_from_slice(&OLDEST);
    content.push(REMOVAL);
    content.extend_from_slice(&TRAILER);
    fill(block, &content)
}

/// Makes `filters` a list of none. False when it is too short.
pub(super) fn without_filter(filters: &mut [u8]) -> bool {
    let content = vec![0; filters.len().saturating_sub(CHECKSUM_BYTES)];
    content.len() >= size_of::<u16>() && fill(filters, &content)
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn put_length(content: &mut Vec<u8>, length: usize) {
    for byte in 0..LENGTH_BYTES {
        let more = if byte + 1 < LENGTH_BYTES { 0x80 } else { 0 };
        content.push((length >> (7 * byte)) as u8 & 0x7f | more);
    }
}

fn fill(part: &mut [u8], content: &[u8]) -> bool {
    let checksum = crc32fast::hash(content).to_be_bytes();
    let whole = content.len() + checksum.len() == part.len();
    for (to, from) in part.iter_mut().zip(content.iter().chain(&checksum)).filter(|_| whole) {
        *to = *from;
    }
    whole
}
