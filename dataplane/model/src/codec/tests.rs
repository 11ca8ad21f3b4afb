use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::arbitrary;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn nested(depth: usize) -> AttributeValue {
    (0..depth).fold(AttributeValue::Null, |inner, _| AttributeValue::L(vec![inner]))
}

/// These bytes are on disks: a change here makes items unreadable.
#[test]
fn stored_form_never_changes() {
    let item = Item::from([
        ("pk".to_owned(), AttributeValue::from("ü")),
        ("none".to_owned(), AttributeValue::Null),
        ("yes".to_owned(), AttributeValue::Bool(true)),
        ("no".to_owned(), AttributeValue::Bool(false)),
        ("n".to_owned(), AttributeValue::N("-12.5".parse().unwrap())),
        ("b".to_owned(), AttributeValue::B(Bytes::from_static(&[0x00, 0xFF]))),
        ("l".to_owned(), AttributeValue::L(vec![AttributeValue::Null, AttributeValue::N(0.into())])),
        ("m".to_owned(), AttributeValue::M(BTreeMap::from([(String::new(), AttributeValue::from(""))]))),
        ("ss".to_owned(), AttributeValue::Ss(BTreeSet::from(["b".to_owned(), "a".to_owned()]))),
        ("ns".to_owned(), AttributeValue::Ns(BTreeSet::from([1.into(), (-1).into()]))),
        ("bs".to_owned(), AttributeValue::Bs(BTreeSet::from([Bytes::from_static(b"x")]))),
    ]);
    let attributes = [
        "010b",                   // version 1, eleven attributes
        "0162050200ff",           // b
        "0262730a010178",         // bs
        "016c06020121",           // l
        "016d0701000400",         // m
        "016e207ce69b",           // n
        "026e6f02",               // no
        "046e6f6e6501",           // none
        "026e730902207deb228214", // ns
        "02706b0402c3bc",         // pk
        "027373080201610162",     // ss
        "0379657303",             // yes
    ];
    let bytes = encode_item(&item);
    assert_eq!(hex(&bytes), attributes.concat());
    assert_eq!(decode_item(&bytes), Ok(item));
}

#[test]
fn long_lengths_take_more_bytes() {
    let text = AttributeValue::S("x".repeat(300));
    let bytes = encode_value(&text);
    assert_eq!(bytes.get(..4), Some([0x01, 0x04, 0xAC, 0x02].as_slice()));
    assert_eq!(decode_value(&bytes), Ok(text));
}

#[test]
fn malformed_values_are_refused_for_their_reason() {
    let cases: [(&[u8], CodecError); 19] = [
        (&[], CodecError::Truncated { at: 0 }),
        (&[0x02, 0x01], CodecError::UnknownVersion { version: 2 }),
        (&[0x01], CodecError::Truncated { at: 1 }),
        (&[0x01, 0x00], CodecError::UnknownTag { tag: 0x00, at: 1 }),
        (&[0x01, 0x0B], CodecError::UnknownTag { tag: 0x0B, at: 1 }),
        (&[0x01, 0x01, 0x01], CodecError::Trailing { at: 2 }),
        (&[0x01, 0x04, 0x02, 0x61], CodecError::Truncated { at: 4 }),
        (&[0x01, 0x04, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], CodecError::Truncated { at: 7 }),
        (&[0x01, 0x04, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F], CodecError::Length { at: 2 }),
        (&[0x01, 0x04, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00], CodecError::Length { at: 2 }),
        (&[0x01, 0x04, 0x81, 0x00, 0x61], CodecError::Length { at: 2 }),
        (&[0x01, 0x04, 0x01, 0xFF], CodecError::NotUtf8 { at: 2 }),
        (&[0x01, 0x22, 0x82], CodecError::Number { at: 1 }),
        (&[0x01, 0x06, 0x02, 0x01], CodecError::Truncated { at: 4 }),
        (&[0x01, 0x06, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], CodecError::Truncated { at: 7 }),
        (&[0x01, 0x07, 0x02, 0x01, 0x61, 0x01, 0x01, 0x61, 0x01], CodecError::Unordered { at: 6 }),
        (&[0x01, 0x08, 0x02, 0x01, 0x62, 0x01, 0x61], CodecError::Unordered { at: 5 }),
        (&[0x01, 0x09, 0x02, 0x21, 0x21], CodecError::Unordered { at: 4 }),
        (&[0x01, 0x09, 0x01, 0x04], CodecError::Number { at: 3 }),
    ];
    for (bytes, error) in cases {
        assert_eq!(decode_value(bytes), Err(error), "{bytes:02x?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deepest = nested(DEPTH_MAX);
    assert_eq!(decode_value(&encode_value(&deepest)), Ok(deepest.clone()));
    let too_deep = nested(DEPTH_MAX + 1);
    assert_eq!(decode_value(&encode_value(&too_deep)), Err(CodecError::TooDeep { at: 1 + 2 * DEPTH_MAX }));
    // An item's attribute may go as deep as a value by itself.
    let item = Item::from([("a".to_owned(), deepest)]);
    assert_eq!(decode_item(&encode_item(&item)), Ok(item));

    let hostile = [vec![0x01], [0x06, 0x01].repeat(1_000_000)].concat();
    assert_eq!(decode_value(&hostile), Err(CodecError::TooDeep { at: 1 + 2 * DEPTH_MAX }));
}

proptest! {
    #[test]
    fn decode_inverts_encode(item in arbitrary::item(), value in arbitrary::value()) {
        prop_assert_eq!(decode_item(&encode_item(&item)), Ok(item));
        prop_assert_eq!(decode_value(&encode_value(&value)), Ok(value));
    }

    #[test]
    fn equal_items_have_equal_bytes(
        attributes in prop::collection::vec((arbitrary::attribute_name(), arbitrary::value()), 0..8),
    ) {
        // The first of a name wins in one and the last in the other, unless there is but one.
        let forwards: Item = attributes.iter().cloned().collect();
        let backwards: Item = attributes.iter().rev().cloned().collect();
        prop_assert_eq!(encode_item(&forwards) == encode_item(&backwards), forwards == backwards);
    }

    #[test]
    fn decode_survives_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for bytes in [bytes.clone(), [vec![VERSION], bytes].concat()] {
            if let Ok(item) = decode_item(&bytes) {
                prop_assert_eq!(encode_item(&item), bytes.clone());
            }
            if let Ok(value) = decode_value(&bytes) {
                prop_assert_eq!(encode_value(&value), bytes);
            }
        }
    }

    #[test]
    fn decode_survives_damaged_rows(
        item in arbitrary::item(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        keep in any::<prop::sample::Index>(),
    ) {
        let whole = encode_item(&item);
        let cut = whole.get(..keep.index(whole.len())).unwrap();
        prop_assert!(decode_item(cut).is_err());

        let mut damaged = whole.to_vec();
        for (place, byte) in damage {
            *place.get_mut(&mut damaged) = byte;
        }
        // There is one form for each item: what still reads must be those very bytes.
        if let Ok(other) = decode_item(&damaged) {
            prop_assert_eq!(encode_item(&other), damaged);
        }
    }
}
