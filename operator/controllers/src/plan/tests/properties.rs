//! For any spec and any table that it may take over: planning and stepping leads to a table as declared, in a bounded
//! number of steps, and changes nothing that the spec does not name.

use partita_model::descriptor::BillingMode;
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::testing::apply;

/// More steps than any plan has.
const STEPS_MAX: usize = 24;

fn tags() -> impl Strategy<Value = Vec<Value>> {
    btree_map("[abc]", "[xy]?", 0..4)
        .prop_map(|tags| tags.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect())
}

/// Settings that a spec may name or not.
fn settings() -> impl Strategy<Value = Value> {
    let billing = prop_oneof![
        Just(json!({})),
        Just(json!({"billingMode": "PAY_PER_REQUEST"})),
        (1..4_i64)
            .prop_map(|read| json!({"billingMode": "PROVISIONED", "provisionedThroughput": units(read)})),
        (1..4_i64).prop_map(|read| json!({"provisionedThroughput": units(read)})),
    ];
    let class = option::of(prop_oneof![Just("STANDARD"), Just("STANDARD_INFREQUENT_ACCESS")]);
    (billing, class, option::of(any::<bool>()), option::of(tags())).prop_map(
        |(mut spec, class, protection, tags)| {
            let fields = spec.as_object_mut().unwrap();
            fields.extend(class.map(|class| ("tableClass".to_owned(), json!(class))));
            fields.extend(protection.map(|on| ("deletionProtectionEnabled".to_owned(), json!(on))));
            fields.extend(tags.map(|tags| ("tags".to_owned(), json!(tags))));
            spec
        },
    )
}

/// A table as the API may have made it, or none.
fn tables() -> impl Strategy<Value = Option<Observed>> {
    option::of(settings()).prop_map(|settings| {
        settings.map(|mut settings| {
            if settings.get("billingMode").is_none() && settings.get("provisionedThroughput").is_none() {
                settings["billingMode"] = json!("PAY_PER_REQUEST");
            }
            there(settings)
        })
    })
}

fn tag_map(table: &Observed) -> BTreeMap<&str, &str> {
    table.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
}

proptest! {
    #[test]
    fn planning_converges_and_leaves_alone_what_is_not_named(settings in settings(), before in tables()) {
        let spec = spec(settings);
        let mut table = before.clone();
        let mut steps = 0;
        let end = loop {
            match plan(&wanted(&spec), table.as_ref()) {
                Plan::Steps(plan) => apply(&mut table, &plan[0], 1),
                end => break end,
            }
            steps += 1;
            prop_assert!(steps < STEPS_MAX, "no end in sight: {table:?}");
        };
        let Some(table) = table else {
            // Only a spec that says nothing about capacity cannot be made.
            prop_assert!(spec.billing_mode.is_none() && spec.provisioned_throughput.is_none());
            prop_assert_eq!(reason(end), INVALID_SPEC);
            return Ok(());
        };
        prop_assert_eq!(end, Plan::Settled);
        prop_assert_eq!(plan(&wanted(&spec), Some(&table)), Plan::Settled);

        let before = before.as_ref();
        let described = &table.description;
        match spec.billing_mode {
            Some(mode) => prop_assert_eq!(billing_in_force(described), definition::billing_mode(mode)),
            None if spec.provisioned_throughput.is_some() => {
                prop_assert_eq!(billing_in_force(described), BillingMode::Provisioned);
            }
            None => prop_assert_eq!(
                Some(described.provisioned_throughput),
                before.map(|before| before.description.provisioned_throughput)
            ),
        }
        if let Some(units) = spec.provisioned_throughput {
            let read = described.provisioned_throughput.read_capacity_units;
            prop_assert_eq!(Some(i64::try_from(read).unwrap()), units.read_capacity_units);
        }
        let class = spec.table_class.map(definition::table_class);
        let class_before = before.map_or(TableClass::Standard, |before| class_in_force(&before.description));
        prop_assert_eq!(class_in_force(described), class.unwrap_or(class_before));
        let protected_before = before.is_some_and(|before| before.description.deletion_protection_enabled);
        let protected = spec.deletion_protection_enabled.unwrap_or(protected_before);
        prop_assert_eq!(described.deletion_protection_enabled, protected);
        let wanted_tags = spec.tags.as_deref().map(definition::tags);
        let wanted_tags = wanted_tags.or_else(|| before.map(|before| before.tags.clone())).unwrap_or_default();
        let wanted_tags = Observed { tags: wanted_tags, ..table.clone() };
        prop_assert_eq!(tag_map(&table), tag_map(&wanted_tags));
    }

    #[test]
    fn a_plan_goes_on_from_wherever_it_stopped(settings in settings(), before in tables(), stop in 0..4_usize) {
        let spec = spec(settings);
        let Plan::Steps(steps) = plan(&wanted(&spec), before.as_ref()) else { return Ok(()) };
        let mut table = before;
        for step in steps.iter().take(stop) {
            apply(&mut table, step, 1);
        }
        let rest: Vec<Step> = steps.into_iter().skip(stop).collect();
        match plan(&wanted(&spec), table.as_ref()) {
            Plan::Steps(again) => prop_assert_eq!(again, rest),
            Plan::Settled => prop_assert_eq!(rest, []),
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
