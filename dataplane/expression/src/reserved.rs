//! The words that cannot name an attribute without a `#name` (the list "Reserved words in DynamoDB" of the developer guide).

use std::sync::LazyLock;

/// Upper case, sorted by bytes.
static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("reserved/words.txt").lines().collect());

/// Whether `word` is reserved, in any case.
pub(crate) fn is_reserved(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    WORDS.binary_search(&upper.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_sorted() {
        assert_eq!(WORDS.len(), 573);
        assert!(WORDS.is_sorted());
        assert!(WORDS.iter().all(|word| word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
    }

    #[test]
    fn case_does_not_matter() {
        for word in ["abort", "ABORT", "aBoRt", "zone", "Between"] {
            assert!(is_reserved(word), "{word}");
        }
        for word in ["", "a", "abortt", "#abort", "ａｂｏｒｔ"] {
            assert!(!is_reserved(word), "{word}");
        }
    }
}
