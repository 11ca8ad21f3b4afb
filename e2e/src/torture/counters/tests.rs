use super::*;
use crate::torture::item::Item;

fn table(first: i64) -> Rows {
    let count = |key| Item { count: Some(if key == 0 { first } else { 0 }), ..Item::default() };
    (0..COUNTERS).map(|key| ((COLLECTION.to_owned(), key), count(key))).collect()
}

/// A counter that was 10 when looked at, and to which 3 were added for sure and 4 perhaps.
fn counters() -> Result<Counters> {
    let counters = Counters::default();
    counters.acknowledged(0, 10);
    counters.check(&table(10))?;
    counters.acknowledged(0, 3);
    counters.unknown(0, 4);
    Ok(counters)
}

#[test]
fn counters_add_up() -> Result<()> {
    for is in 13..=17 {
        counters()?.check(&table(is))?;
    }
    for doctored in [12, 18] {
        assert!(counters()?.check(&table(doctored)).is_err(), "{doctored}");
    }
    assert!(counters()?.check(&Rows::new()).is_err(), "no counter is there");
    Ok(())
}

#[test]
fn what_was_seen_is_settled() -> Result<()> {
    let counters = counters()?;
    counters.check(&table(15))?;
    assert_eq!(counters.sum(), 15);
    assert!(counters.check(&table(16)).is_err(), "an unknown outcome came true after it had not");
    Ok(())
}
