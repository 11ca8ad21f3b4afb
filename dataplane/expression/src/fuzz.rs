//! The entry for a fuzz target.

use std::collections::BTreeMap;

use partita_model::codec::StoredItem;
use partita_model::{AttributeValue, Item, Number};

use crate::{Condition, KeyCondition, Kind, Projection, Substitutions, Update};

/// Reads `data` as each kind of expression, with the placeholders `#a` to `#d` and `:a` to `:d` defined, and runs what parses on a
/// small item, decoded and stored, with the same outcome. Must not panic whatever `data` is.
pub fn fuzz_parse(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let names: BTreeMap<_, _> =
        ["a", "b", "c", "d"].into_iter().map(|name| (format!("#{name}"), name.to_owned())).collect();
    let number = AttributeValue::N(Number::from(7u64));
    let list = AttributeValue::L(vec![number.clone(), "x".into()]);
    let map = AttributeValue::M(BTreeMap::from([("a".to_owned(), list.clone())]));
    let values: BTreeMap<_, _> = [":a", ":b", ":c", ":d"]
        .into_iter()
        .map(str::to_owned)
        .zip([number, "S".into(), list, map])
        .collect();
    let item: Item =
        values.iter().map(|(name, value)| (name.trim_start_matches(':').to_owned(), value.clone())).collect();
    let stored = StoredItem::of(&item);
    let Ok(substitutions) = Substitutions::new(Some(&names), Some(&values)) else { return };

    for kind in [Kind::Condition, Kind::Filter] {
        if let Ok(condition) = Condition::parse(kind, &text, &substitutions) {
            assert_eq!(condition.evaluate(&item), condition.evaluate(&stored));
        }
    }
    if let Ok(update) = Update::parse(&text, &substitutions) {
        std::hint::black_box(update.touched(&item));
        assert_eq!(update.apply(&item), update.apply_to(item.clone()));
    }
    if let Ok(projection) = Projection::parse(&text, &substitutions) {
        assert_eq!(projection.apply(&item), projection.apply_stored(&stored));
    }
    std::hint::black_box(KeyCondition::parse(&text, &substitutions).is_ok());
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::fuzz_parse;

    const SOUP: [&str; 48] = [
        "a",
        "b",
        "c",
        "zone",
        "#a",
        "#b",
        "#nope",
        ":a",
        ":b",
        ":c",
        ":d",
        ":nope",
        "0",
        "1",
        "99999999999",
        "(",
        ")",
        "(",
        ")",
        "[",
        "]",
        "[0]",
        ".",
        ".",
        ",",
        ",",
        "=",
        "<>",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "AND",
        "or",
        "NOT",
        "BETWEEN",
        "in",
        "SET",
        "remove",
        "ADD",
        "DELETE",
        "size",
        "contains",
        "if_not_exists",
        "list_append",
        "é",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn no_bytes_panic(data in vec(any::<u8>(), 0..200)) {
            fuzz_parse(&data);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            fuzz_parse(text.as_bytes());
        }

        #[test]
        fn no_token_soup_panics(words in vec(prop::sample::select(&SOUP[..]), 0..40), spaced in any::<bool>()) {
            fuzz_parse(words.join(if spaced { " " } else { "" }).as_bytes());
        }
    }
}
