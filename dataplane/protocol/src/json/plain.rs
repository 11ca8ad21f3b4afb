//! Which bytes of a JSON string stand for themselves. Reading and writing ask this of every string, so it is asked of many bytes
//! at a time.

const WORD_BYTES: usize = 8;
/// Strings up to here are looked at in words, what is beyond in chunks.
const HEAD_BYTES: usize = 32;
const CHUNK_BYTES: usize = 32;
/// What [`rank`] gives for bytes that do not stand for themselves is below this.
const PLAIN: u8 = 0x21;

/// How many bytes from the start stand for themselves: up to a quotation mark, a backslash or a control character.
pub(crate) fn plain_length(text: &[u8]) -> usize {
    let (head, beyond) = text.split_at(text.len().min(HEAD_BYTES));
    if let Some(place) = first_special(head) {
        return place;
    }
    let (chunks, _) = beyond.as_chunks::<CHUNK_BYTES>();
    let lowest = |chunk: &[u8; CHUNK_BYTES]| chunk.iter().map(|byte| rank(*byte)).fold(u8::MAX, u8::min);
    let (_, rest) =
        beyond.split_at(CHUNK_BYTES * chunks.iter().take_while(|chunk| lowest(chunk) >= PLAIN).count());
    text.len() - rest.len() + first_special(rest).unwrap_or(rest.len())
}

/// Where the first byte stands that does not stand for itself.
fn first_special(text: &[u8]) -> Option<usize> {
    let (words, tail) = text.as_chunks::<WORD_BYTES>();
    for (place, word) in words.iter().enumerate() {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return Some(WORD_BYTES * place + marks.trailing_zeros() as usize / WORD_BYTES);
        }
    }
    let place = tail.iter().position(|byte| rank(*byte) < PLAIN)?;
    Some(WORD_BYTES * words.len() + place)
}

/// A number that is below [`PLAIN`] just for `"`, `\` and what is below 0x20; made without branches and in bytes, so that
/// many of them at once are a few vector instructions.
fn rank(byte: u8) -> u8 {
    // The first term puts `"` right behind the control characters, the second one is 0x20 for `\` alone.
    (byte ^ 0x02).min((byte ^ b'\\').saturating_add(0x20))
}

/// The highest bit of bytes whose [`rank`] is below [`PLAIN`]; bits above the lowest one that is set mean nothing.
fn marks(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; WORD_BYTES]);
    // A byte below the bound borrows, and so gets its highest bit set, which it had not; no byte lends to a lower one.
    let below = |bytes: u64, bound: u64| bytes.wrapping_sub(ONES * bound) & !bytes;
    let control_or_quote = below(word ^ (ONES * 0x02), u64::from(PLAIN));
    let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
    (control_or_quote | backslash) & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn just_what_json_escapes_is_not_plain() {
        for byte in 0..=u8::MAX {
            let is_plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
            assert_eq!(rank(byte) >= PLAIN, is_plain, "{byte:#04x}");
        }
    }

    #[test]
    fn the_first_byte_that_is_not_plain_ends_the_text() {
        for length in 0..100 {
            let mut text = vec![b'a'; length];
            assert_eq!(plain_length(&text), length);
            text.extend_from_slice(b"\"bcd\\");
            assert_eq!(plain_length(&text), length);
        }
    }

    #[test]
    fn every_byte_is_told_alike_wherever_it_stands() {
        for (byte, place) in (0..=u8::MAX).flat_map(|byte| (0..60).map(move |place| (byte, place))) {
            let mut text = [b'!'; 60];
            text[place] = byte;
            let expected = if rank(byte) < PLAIN { place } else { text.len() };
            assert_eq!(plain_length(&text), expected, "{byte:#04x} at {place}");
        }
    }
}
