use partita_model::arbitrary;
use partita_model::codec::StoredItem;
use proptest::prelude::*;

use super::*;
use crate::output::WireItem;

fn written(text: &str) -> String {
    let mut out = Vec::new();
    string(text.as_bytes(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_character_is_escaped_as_serde_does() {
    for code in 0..0x300 {
        let text = format!("a{}b", char::from_u32(code).unwrap());
        assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
    }
}

#[test]
fn an_object_without_members_has_both_braces() {
    let mut out = Vec::new();
    ObjectWriter::new(&mut out).end();
    assert_eq!(out, b"{}");
}

proptest! {
    #[test]
    fn either_form_is_written_as_serde_does(item in arbitrary::item()) {
        let expected = serde_json::to_string(&WireItem(&item)).unwrap();
        let stored = StoredItem::of(&item);
        for form in [ItemForm::from(item), ItemForm::from(stored)] {
            let mut out = Vec::new();
            item_form(&form, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected.clone());
        }
    }

    #[test]
    fn special_characters_are_found_wherever_they_stand(
        before in "[a-zé]{0,40}", special in any::<char>(), after in "[a-z\"\\\\\n]{0,40}",
    ) {
        let text = format!("{before}{special}{after}");
        prop_assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
    }
}
