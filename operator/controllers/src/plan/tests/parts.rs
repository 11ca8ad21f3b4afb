//! The stream, expiry and global indexes.

use partita_model::descriptor::StreamView;
use partita_model::limits::GLOBAL_INDEXES_MAX;
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::testing::apply;

/// More steps than any plan has.
const STEPS_MAX: usize = 24;

fn index(name: &str, attribute: &str) -> Value {
    json!({
        "indexName": name, "projection": {"projectionType": "ALL"},
        "keySchema": [{"attributeName": attribute, "keyType": "HASH"}],
    })
}

/// An on-demand spec with these parts, and with the definitions that its indexes need.
fn with_parts(parts: Value) -> Value {
    let indexes = parts["globalSecondaryIndexes"].as_array().into_iter().flatten();
    let mut names: Vec<&str> =
        indexes.map(|index| index["keySchema"][0]["attributeName"].as_str().unwrap()).collect();
    names.push("pk");
    names.sort_unstable();
    names.dedup();
    let attribute = |name| json!({"attributeName": name, "attributeType": "S"});
    let mut spec = json!({
        "billingMode": "PAY_PER_REQUEST",
        "attributeDefinitions": names.into_iter().map(attribute).collect::<Vec<_>>(),
    });
    spec.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    spec
}

fn indexes(indexes: &[(&str, &str)]) -> Value {
    let indexes: Vec<Value> = indexes.iter().map(|(name, attribute)| index(name, attribute)).collect();
    with_parts(json!({"globalSecondaryIndexes": indexes}))
}

/// The steps between two sets of parts; of indexes with their names.
fn steps(from: Value, to: Value) -> Vec<String> {
    let spec = spec(to);
    match plan(&wanted(&spec), Some(&there(from))) {
        Plan::Steps(steps) => steps.iter().map(shown).collect(),
        Plan::Settled => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn shown(step: &Step) -> String {
    match step {
        Step::CreateIndex(index, attributes) => {
            let attributes: Vec<&str> = attributes.iter().map(|a| a.attribute_name.as_str()).collect();
            format!("+{} {}", index.index_name, attributes.join(","))
        }
        Step::DeleteIndex(name) => format!("-{name}"),
        step => step.name().to_owned(),
    }
}

#[test]
fn indexes_come_and_go_one_after_the_other() {
    let none = || indexes(&[]);
    let both = || indexes(&[("one", "x"), ("two", "y")]);
    assert_eq!(steps(none(), both()), ["+one x", "+two y"]);
    assert_eq!(steps(both(), none()), ["-one", "-two"]);
    assert_eq!(steps(both(), indexes(&[("two", "y"), ("three", "z")])), ["+three z", "-one"]);
    assert_eq!(steps(both(), on_demand()), [""; 0], "what is not named stays");
    assert_eq!(steps(both(), indexes(&[("two", "y"), ("one", "x")])), [""; 0], "the order means nothing");
}

#[test]
fn an_index_with_another_key_or_projection_goes_and_comes_again() {
    let one = || indexes(&[("one", "x"), ("two", "y")]);
    assert_eq!(steps(one(), indexes(&[("one", "z"), ("two", "y")])), ["-one", "+one z"]);
    let mut projected = one();
    projected["globalSecondaryIndexes"][1]["projection"] = json!({"projectionType": "KEYS_ONLY"});
    assert_eq!(steps(one(), projected), ["-two", "+two y"]);
}

#[test]
fn a_full_table_lets_an_index_go_first() {
    let names: Vec<String> = (0..=GLOBAL_INDEXES_MAX).map(|n| format!("index-{n:02}")).collect();
    let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let (full, other) = (indexes(&all[1..]), indexes(&all[..GLOBAL_INDEXES_MAX]));
    assert_eq!(steps(full, other), ["-index-20", "+index-00 x"]);
}

#[test]
fn deletion_protection_keeps_indexes_too() {
    let table = |protected| {
        let mut table = there(indexes(&[("one", "x"), ("two", "y")]));
        table.description.deletion_protection_enabled = protected;
        table
    };
    let mut declared = indexes(&[("one", "z"), ("three", "z")]);
    let protected = spec(declared.clone());
    let Plan::Steps(steps) = plan(&wanted(&protected), Some(&table(true))) else { panic!() };
    assert_eq!(steps.iter().map(shown).collect::<Vec<_>>(), ["+three z"], "what can be done is done");
    let mut grown = Some(table(true));
    apply(&mut grown, &steps[0], 1);
    let Plan::Refuse(cause) = plan(&wanted(&protected), grown.as_ref()) else { panic!() };
    assert_eq!(cause.reason, DELETION_PROTECTED);
    assert!(cause.message.contains("one, two"), "{cause:?}");

    declared["deletionProtectionEnabled"] = json!(false);
    let given_up = spec(declared);
    let Plan::Steps(steps) = plan(&wanted(&given_up), Some(&table(true))) else { panic!() };
    let shown: Vec<_> = steps.iter().map(shown).collect();
    assert_eq!(shown, ["UpdateDeletionProtection", "+three z", "-one", "+one z", "-two"]);
}

/// A table one of whose indexes is being built.
fn building(parts: Value, name: &str) -> Observed {
    let mut table = there(parts);
    table.description.table_status = TableStatus::Updating;
    let mut indexes = table.description.global_secondary_indexes.iter_mut();
    indexes.find(|index| index.index_name.as_str() == name).unwrap().index_status = TableStatus::Creating;
    table
}

#[test]
fn a_build_is_waited_for_and_cancelled_when_nobody_wants_it_any_more() {
    let table = building(indexes(&[("one", "x"), ("two", "y")]), "two");
    let same = spec(indexes(&[("one", "x"), ("two", "y"), ("three", "z")]));
    let Plan::Wait(cause) = plan(&wanted(&same), Some(&table)) else { panic!() };
    assert_eq!((cause.reason, cause.message.as_str()), (UPDATING, "the index two is being built"));
    for other in [indexes(&[("one", "x")]), indexes(&[("one", "x"), ("two", "z")])] {
        let other = spec(other);
        let Plan::Steps(steps) = plan(&wanted(&other), Some(&table)) else { panic!() };
        assert_eq!(steps.iter().map(shown).collect::<Vec<_>>(), ["-two"]);
    }
    let unnamed = spec(on_demand());
    assert_eq!(reason(plan(&wanted(&unnamed), Some(&table))), UPDATING);
    // An index that is there already is not what holds the table up.
    let without_one = spec(indexes(&[("two", "y")]));
    assert_eq!(reason(plan(&wanted(&without_one), Some(&table))), UPDATING);
}

#[test]
fn a_table_is_deleted_without_waiting_for_its_index() {
    let table = building(indexes(&[("one", "x")]), "one");
    let delete = |more: Value, table: &Observed| {
        let spec = spec(more);
        plan(&Desired { deletion: Some(DeletionPolicy::Delete), ..wanted(&spec) }, Some(table))
    };
    assert_eq!(names(&delete(json!({}), &table)), ["DeleteGlobalSecondaryIndex", "DeleteTable"]);
    let mut protected = table;
    protected.description.deletion_protection_enabled = true;
    assert_eq!(reason(delete(json!({}), &protected)), DELETION_PROTECTED);
}

#[test]
fn the_view_of_a_stream_changes_by_another_stream() {
    let stream = |view: &str| {
        with_parts(json!({"streamSpecification": {"streamEnabled": true, "streamViewType": view}}))
    };
    let off = || with_parts(json!({"streamSpecification": {"streamEnabled": false}}));
    assert_eq!(steps(off(), stream("NEW_IMAGE")), ["EnableStream"]);
    assert_eq!(steps(stream("NEW_IMAGE"), off()), ["DisableStream"]);
    assert_eq!(steps(stream("NEW_IMAGE"), stream("KEYS_ONLY")), ["DisableStream", "EnableStream"]);
    assert_eq!(steps(stream("NEW_IMAGE"), stream("NEW_IMAGE")), [""; 0]);
    assert_eq!(steps(stream("NEW_IMAGE"), on_demand()), [""; 0]);
    let spec = spec(with_parts(json!({"streamSpecification": {"streamEnabled": true}})));
    assert_eq!(reason(plan(&wanted(&spec), Some(&there(on_demand())))), INVALID_SPEC);
}

#[test]
fn the_attribute_of_expiry_changes_by_turning_it_off_and_on() {
    let until = |attribute: &str| {
        spec(with_parts(json!({"timeToLive": {"enabled": true, "attributeName": attribute}})))
    };
    let off = spec(with_parts(json!({"timeToLive": {"enabled": false, "attributeName": "until"}})));
    let mut table = there(on_demand());
    assert_eq!(names(&plan(&wanted(&until("until")), Some(&table))), ["EnableTimeToLive"]);
    assert_eq!(names(&plan(&wanted(&until("until")), None)), ["CreateTable", "EnableTimeToLive"]);
    assert_eq!(plan(&wanted(&off), Some(&table)), Plan::Settled);
    for status in [TimeToLiveStatus::Enabling, TimeToLiveStatus::Enabled] {
        table.time_to_live.time_to_live_status = status;
        table.time_to_live.attribute_name = Some("until".to_owned());
        assert_eq!(plan(&wanted(&until("until")), Some(&table)), Plan::Settled);
        assert_eq!(names(&plan(&wanted(&off), Some(&table))), ["DisableTimeToLive"]);
        let steps = [Step::DisableTimeToLive("until".to_owned()), Step::EnableTimeToLive("date".to_owned())];
        assert_eq!(plan(&wanted(&until("date")), Some(&table)), Plan::Steps(steps.to_vec()));
    }
    table.time_to_live.time_to_live_status = TimeToLiveStatus::Disabling;
    assert_eq!(plan(&wanted(&off), Some(&table)), Plan::Settled);
    assert_eq!(names(&plan(&wanted(&until("date")), Some(&table))), ["EnableTimeToLive"]);
}

#[test]
fn units_of_indexes_follow_the_spec_and_the_billing_mode() {
    let provisioned = |read: i64, index_read: i64| {
        let mut spec = indexes(&[("one", "x")]);
        let fields = spec.as_object_mut().unwrap();
        fields.remove("billingMode");
        fields.insert("provisionedThroughput".to_owned(), units(read));
        spec["globalSecondaryIndexes"][0]["provisionedThroughput"] = units(index_read);
        spec
    };
    assert_eq!(steps(provisioned(1, 1), provisioned(1, 2)), ["UpdateGlobalSecondaryIndex"]);
    assert_eq!(steps(provisioned(1, 1), provisioned(2, 1)), ["UpdateProvisionedThroughput"]);
    let spec = spec(provisioned(5, 7));
    let table = ProvisionedThroughput { read_capacity_units: 5, write_capacity_units: 5 };
    let one = ProvisionedThroughput { read_capacity_units: 7, write_capacity_units: 5 };
    let switched = Step::SetProvisioned { table, indexes: vec![(IndexName::new("one"), one)] };
    assert_eq!(
        plan(&wanted(&spec), Some(&there(indexes(&[("one", "x")])))),
        Plan::Steps(vec![switched]),
        "a provisioned table's indexes are provisioned with it"
    );
    let mut scaled = provisioned(1, 50);
    scaled["globalSecondaryIndexes"][0]["autoScaling"] = json!({"read": {"min": 1, "max": 100}});
    assert_eq!(steps(provisioned(1, 1), scaled), [""; 0], "units under automatic scaling are the scaler's");
}

/// Parts that a spec may name or not, on or off.
fn parts() -> impl Strategy<Value = Value> {
    let view = option::of(prop_oneof![Just("KEYS_ONLY"), Just("NEW_IMAGE")]);
    let attribute = option::of(prop_oneof![Just("until"), Just("date")]);
    let indexes = btree_map("index-[abc]", "[xy]", 0..4);
    (option::of(view), option::of(attribute), option::of(indexes)).prop_map(|(view, attribute, indexes)| {
        let mut parts = json!({});
        if let Some(view) = view {
            parts["streamSpecification"] = json!({"streamEnabled": view.is_some(), "streamViewType": view});
        }
        if let Some(attribute) = attribute {
            parts["timeToLive"] = json!({"enabled": attribute.is_some(), "attributeName": attribute});
        }
        if let Some(indexes) = indexes {
            let indexes = indexes.iter().map(|(name, attribute)| index(name, attribute));
            parts["globalSecondaryIndexes"] = indexes.collect();
        }
        with_parts(parts)
    })
}

/// A table as the API may have made it, or none.
fn tables() -> impl Strategy<Value = Option<Observed>> {
    option::of((parts(), any::<bool>())).prop_map(|made| {
        made.map(|(parts, protected)| {
            let spec = spec(parts.clone());
            let mut table = Some(there(parts));
            if let Plan::Steps(steps) = plan(&wanted(&spec), table.as_ref()) {
                steps.iter().for_each(|step| apply(&mut table, step, 1));
            }
            let mut table = table.unwrap();
            table.description.deletion_protection_enabled = protected;
            table
        })
    })
}

/// What a spec would see of a table.
fn seen(table: &Observed) -> (Option<StreamView>, Option<String>, BTreeMap<String, String>) {
    let description = &table.description;
    let indexes = description.global_secondary_indexes.iter();
    let indexes = indexes.map(|i| (i.index_name.to_string(), i.key_schema[0].attribute_name.clone()));
    let view = description.stream_specification.as_ref().and_then(|stream| stream.stream_view_type);
    (view, table.time_to_live.attribute_name.clone(), indexes.collect())
}

proptest! {
    #[test]
    fn planning_converges_and_leaves_alone_what_is_not_named(parts in parts(), before in tables()) {
        let declared = spec(parts.clone());
        let mut table = before.clone();
        let mut taken = 0;
        let end = loop {
            match plan(&wanted(&declared), table.as_ref()) {
                Plan::Steps(plan) => apply(&mut table, &plan[0], 1),
                end => break end,
            }
            taken += 1;
            prop_assert!(taken < STEPS_MAX, "no end in sight: {table:?}");
        };
        let (view, attribute, indexes) = seen(table.as_ref().unwrap());
        let before = before.as_ref().map(seen).unwrap_or_default();
        let asked = |part: &str, on: &str| (parts[part][on] == true).then(|| parts[part].clone());
        if parts.get("streamSpecification").is_some() {
            let wanted = asked("streamSpecification", "streamEnabled").map(|stream| stream["streamViewType"].clone());
            prop_assert_eq!(view.map(|view| json!(view.as_str())), wanted);
        } else {
            prop_assert_eq!(view, before.0);
        }
        if parts.get("timeToLive").is_some() {
            let wanted = asked("timeToLive", "enabled").map(|expiry| expiry["attributeName"].clone());
            prop_assert_eq!(attribute.map(|attribute| json!(attribute)), wanted);
        } else {
            prop_assert_eq!(attribute, before.1);
        }
        let Some(wanted_indexes) = parts["globalSecondaryIndexes"].as_array() else {
            prop_assert_eq!((end, indexes), (Plan::Settled, before.2));
            return Ok(());
        };
        let name = |index: &Value| index["indexName"].as_str().unwrap().to_owned();
        let key = |index: &Value| index["keySchema"][0]["attributeName"].as_str().unwrap().to_owned();
        let wanted_indexes: BTreeMap<_, _> = wanted_indexes.iter().map(|i| (name(i), key(i))).collect();
        match end {
            Plan::Settled => prop_assert_eq!(indexes, wanted_indexes),
            held => {
                prop_assert_eq!(reason(held), DELETION_PROTECTED);
                // What was there is there; what is new has come.
                prop_assert!(before.2.iter().all(|(name, key)| indexes.get(name) == Some(key)));
                prop_assert!(wanted_indexes.keys().all(|name| indexes.contains_key(name)));
            }
        }
    }

    #[test]
    fn a_plan_goes_on_from_wherever_it_stopped(parts in parts(), before in tables(), stop in 0..9_usize) {
        let spec = spec(parts);
        let Plan::Steps(steps) = plan(&wanted(&spec), before.as_ref()) else { return Ok(()) };
        let mut table = before;
        for step in steps.iter().take(stop) {
            apply(&mut table, step, 1);
        }
        let rest: Vec<Step> = steps.into_iter().skip(stop).collect();
        match plan(&wanted(&spec), table.as_ref()) {
            Plan::Steps(again) => prop_assert_eq!(again, rest),
            end => {
                prop_assert_eq!(rest, []);
                prop_assert!(end == Plan::Settled || reason(end) == DELETION_PROTECTED);
            }
        }
    }
}
