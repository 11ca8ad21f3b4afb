use proptest::prelude::*;

use super::*;
use crate::{arbitrary, fuzz_stored_item, size};

fn item() -> Item {
    let map =
        Item::from([("b".to_owned(), AttributeValue::Bool(true)), ("z".to_owned(), AttributeValue::Null)]);
    Item::from([
        (
            "list".to_owned(),
            AttributeValue::L(vec![AttributeValue::M(map.clone()), AttributeValue::from("x")]),
        ),
        ("map".to_owned(), AttributeValue::M(map)),
        ("n".to_owned(), AttributeValue::N("-12.50".parse().unwrap())),
        ("text".to_owned(), AttributeValue::from("ü")),
    ])
}

#[test]
fn an_attribute_is_found_by_its_name() {
    let stored = StoredItem::of(&item());
    for (name, value) in item() {
        assert_eq!(stored.get(&name).unwrap().decode(), value, "{name}");
    }
    for absent in ["", "a", "lis", "list2", "nn", "zz"] {
        assert!(stored.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn lists_and_maps_are_looked_into() {
    let stored = StoredItem::of(&item());
    let Some(StoredValue::L(mut list)) = stored.get("list") else { panic!("{stored:?}") };
    assert_eq!(list.len(), 2);
    let Some(StoredValue::M(map)) = list.next() else { panic!("{stored:?}") };
    assert_eq!(map.len(), 2);
    assert_eq!(map.find("z").unwrap().attribute_type(), AttributeType::Null);
    assert_eq!(list.next().unwrap().decode(), AttributeValue::from("x"));
    assert!(list.next().is_none());
}

#[test]
fn debug_output_shows_the_item() {
    let shown = format!("{:?}", StoredItem::of(&Item::from([("a".to_owned(), AttributeValue::from("b"))])));
    assert_eq!(shown, r#"StoredItem({"a": S("b")})"#);
}

proptest! {
    #[test]
    fn a_stored_item_is_the_item(item in arbitrary::item()) {
        let stored = StoredItem::check(encode_item(&item)).unwrap();
        prop_assert_eq!(&stored, &StoredItem::of(&item));
        prop_assert_eq!(stored.size(), size::item_size(&item));
        let (whole, behind) = StoredItem::after(b"prefix", &item);
        prop_assert_eq!(whole, [b"prefix", &stored.as_bytes()[..]].concat());
        prop_assert_eq!(&behind, &stored);
        prop_assert_eq!(stored.decode(), item.clone());
        prop_assert_eq!(stored.attributes().decode(), item.clone());
        prop_assert_eq!(stored.attributes().len(), item.len());
        for (name, value) in &item {
            let found = stored.get(name).unwrap();
            prop_assert_eq!(found.attribute_type(), value.attribute_type());
            prop_assert_eq!(&found.decode(), value);
        }
    }

    #[test]
    fn the_check_refuses_what_the_decoder_refuses(
        item in arbitrary::item(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        keep in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode_item(&item).to_vec();
        for (place, byte) in damage {
            *place.get_mut(&mut bytes) = byte;
        }
        let cut = bytes.get(..keep.index(bytes.len())).unwrap().to_vec();
        fuzz_stored_item(&bytes);
        fuzz_stored_item(&cut);
    }

    #[test]
    fn the_check_survives_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz_stored_item(&[vec![VERSION], bytes].concat());
    }
}
