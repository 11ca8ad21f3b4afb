//! Whatever is asked, what comes of it keeps the rules.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn index() -> impl Strategy<Value = GlobalIndexDefinition> {
    let names = select(vec!["a", "b", "c", "g", "x", "y"]);
    let units = proptest::option::of((0_u64..3).prop_map(|read| units(read, 1)));
    (names.clone(), names, units).prop_map(|(hash, range, units)| {
        let mut index = by(hash, units);
        index.key_schema.push(element(range, KeyType::Range));
        index
    })
}

fn update() -> impl Strategy<Value = IndexUpdate> {
    let ceiling = |units| OnDemandThroughput { max_read_request_units: units, max_write_request_units: None };
    let throughput = (
        proptest::option::of((1_u64..7).prop_map(|read| units(read, 1))),
        proptest::option::of(proptest::option::of(-2_i64..3).prop_map(ceiling)),
    );
    let changed = (select(vec!["by-g", "by-x", "by-c"]), throughput).prop_map(|(name, (units, ceilings))| {
        IndexThroughput { provisioned_throughput: units, on_demand_throughput: ceilings, ..change(name) }
    });
    prop_oneof![
        3 => index().prop_map(IndexUpdate::Create),
        2 => changed.prop_map(IndexUpdate::Update),
        2 => select(vec!["by-g", "by-x", "by-c"]).prop_map(delete),
    ]
}

proptest! {
    #[test]
    fn updates_one_after_another_keep_the_rules_or_change_nothing(
        provisioned in any::<bool>(),
        updates in proptest::collection::vec(update(), 0..9),
        defined in proptest::sample::subsequence(vec!["x", "y"], 0..=2),
    ) {
        let attributes: Vec<_> = defined.iter().map(|name| attribute(name, ScalarType::N)).collect();
        let mut table = if provisioned { super::provisioned() } else { on_demand() };
        for update in updates {
            let before = names(&table).len();
            let Ok(changed) = table.with_index_updates(&music(), std::slice::from_ref(&update), &attributes) else {
                continue;
            };
            prop_assert!(changed.check().is_ok());
            let there = names(&changed).contains(&update.index_name().as_str());
            let after = match update {
                IndexUpdate::Create(_) => before + 1,
                IndexUpdate::Update(_) => before,
                IndexUpdate::Delete(_) => before - 1,
            };
            prop_assert_eq!(names(&changed).len(), after);
            prop_assert_eq!(there, !matches!(update, IndexUpdate::Delete(_)));
            table = changed;
        }
    }
}
