use partita_model::Item;

use super::*;
use crate::testing::{fault, item, n, s, write};

fn key() -> Item {
    item([("p", s("a")), ("s", n(1))])
}

fn there() -> Item {
    item([("p", s("a")), ("s", n(1)), ("x", n(5))])
}

#[test]
fn an_insert_is_a_put_where_nothing_is() {
    let Write::Put(put) = write("INSERT INTO tab VALUE {'p': 'a', 's': 1}") else { panic!("a put") };
    assert_eq!(put.item, key());
    let condition = put.condition.expect("a condition");
    assert_eq!((condition.evaluate(&Item::new()), condition.evaluate(&there())), (true, false));
}

#[test]
fn an_update_is_of_an_item_that_is_there() {
    for (rest, none, right, wrong) in [
        ("", false, true, true),
        ("AND x = 5", false, true, false),
        ("AND x IS MISSING", false, false, true),
        ("AND (x = 5 OR x IS MISSING) AND p = 'a'", false, true, true),
    ] {
        let text = format!(
            "UPDATE tab SET y = x + 1 REMOVE z WHERE (p = 'a' AND s = 1) {rest} RETURNING MODIFIED NEW *"
        );
        let Write::Update(update) = write(&text) else { panic!("{text}") };
        assert_eq!(update.key, key());
        assert_eq!(update.return_values, ReturnValues::UpdatedNew);
        let condition = update.condition.expect("a condition");
        assert_eq!(condition.evaluate(&Item::new()), none, "{text}");
        assert_eq!(condition.evaluate(&there()), right, "{text}");
        assert_eq!(condition.evaluate(&key()), wrong, "{text}");
        let change = update.update.expect("a change");
        assert_eq!(change.apply(&there()).unwrap()["y"], n(6));
    }
}

#[test]
fn the_item_may_be_named_first() {
    let changed = "FROM tab WHERE p = 'a' AND s = 1 SET x = 1 RETURNING ALL NEW *";
    assert_eq!(write(changed), write("UPDATE tab SET x = 1 WHERE p = 'a' AND s = 1 RETURNING ALL NEW *"));
}

#[test]
fn sets_change_by_functions() {
    let text = "UPDATE tab SET a = SET_ADD(a, <<'x'>>), b = list_append([1], b) SET c = set_delete(c, <<2>>) \
                SET d = if_not_exists(d, 7) - x WHERE p = 'a' AND s = 1";
    let Write::Update(update) = write(text) else { panic!("{text}") };
    let mut before = there();
    before.extend(item([
        ("b", partita_model::AttributeValue::L(vec![n(2)])),
        ("c", partita_model::AttributeValue::Ns([2u64].map(Into::into).into())),
    ]));
    let after = update.update.expect("a change").apply(&before).unwrap();
    assert_eq!(after["a"], partita_model::AttributeValue::Ss(["x".to_owned()].into()));
    assert_eq!(after["b"], partita_model::AttributeValue::L(vec![n(1), n(2)]));
    assert_eq!((after.get("c"), &after["d"]), (None, &n(2)));
}

#[test]
fn a_delete_of_nothing_is_fine_whatever_it_requires() {
    let Write::Delete(plain) = write("DELETE FROM tab WHERE p = 'a' AND s = 1 RETURNING ALL OLD *") else {
        panic!("a delete")
    };
    assert_eq!((plain.key, plain.condition, plain.return_values), (key(), None, ReturnValues::AllOld));
    let Write::Delete(delete) = write("DELETE FROM tab WHERE p = 'a' AND s = 1 AND x = 6") else {
        panic!("a delete")
    };
    let condition = delete.condition.expect("a condition");
    assert_eq!((condition.evaluate(&Item::new()), condition.evaluate(&there())), (true, false));
}

#[test]
fn a_write_names_one_item() {
    let no_key = "Where clause does not contain a mandatory equality on all key attributes";
    let twice = "Multiple conditions on same key p. Only single item Update/Insert/Delete are supported";
    for (text, expected) in [
        ("DELETE FROM tab", no_key),
        ("DELETE FROM tab WHERE x = 1", no_key),
        ("DELETE FROM tab WHERE p = 'a'", no_key),
        ("UPDATE tab SET x = 1 WHERE p = 'a' OR s = 1", no_key),
        ("UPDATE tab SET x = 1 WHERE p IN ['a'] AND s = 1", no_key),
        ("UPDATE tab SET x = 1 WHERE p = 'a' AND s > 1", no_key),
        ("FROM tab SET x = 1", no_key),
        ("UPDATE tab SET x = 1 WHERE p = 'a' AND s = 1 AND p = 'b'", twice),
    ] {
        assert_eq!(fault(text), expected, "{text}");
    }
}
