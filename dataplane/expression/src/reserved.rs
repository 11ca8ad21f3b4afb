//! The words that cannot name an attribute without a `#name` (the list "Reserved words in DynamoDB" of the developer guide).

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The words, upper case, by [`shape`]: few words of an expression share it with a reserved one, and then with few.
static WORDS: LazyLock<BTreeMap<Shape, Vec<&'static str>>> = LazyLock::new(|| {
    let mut by_shape: BTreeMap<Shape, Vec<&'static str>> = BTreeMap::new();
    for word in include_str!("reserved/words.txt").lines() {
        by_shape.entry(shape(word)).or_default().push(word);
    }
    by_shape
});

/// First byte, upper case, and length.
type Shape = (Option<u8>, usize);

/// Whether `word` is reserved, in any case.
pub(crate) fn is_reserved(word: &str) -> bool {
    let alike = WORDS.get(&shape(word)).into_iter().flatten();
    alike.into_iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

fn shape(word: &str) -> Shape {
    (word.bytes().next().map(|first| first.to_ascii_uppercase()), word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_sorted() {
        let words: Vec<&str> = include_str!("reserved/words.txt").lines().collect();
        assert_eq!(words.len(), 573);
        assert!(words.is_sorted());
        assert!(words.iter().all(|word| word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
        assert!(words.into_iter().all(is_reserved));
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
