//! Checksums that tell one input from another.

use sha2::{Digest, Sha256};

/// Bytes of a checksum: far more than chance ever makes equal, and short enough to read in an annotation.
const CHECKSUM_BYTES: usize = 16;

/// The checksum of some parts, in hexadecimal. Where one part ends and the next begins counts.
pub(crate) fn checksum(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(CHECKSUM_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_apart() {
        assert_eq!(checksum(&[b"ab", b"c"]), checksum(&[b"ab", b"c"]));
        assert_ne!(checksum(&[b"ab", b"c"]), checksum(&[b"a", b"bc"]));
        assert_eq!(checksum(&[b"ab"]).len(), 32);
    }
}
