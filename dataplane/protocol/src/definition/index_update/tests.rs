mod properties;

use partita_model::ScalarType;
use partita_model::schema::KeyType;

use super::*;
use crate::Wording;
use crate::definition::{KeySchemaElement, LocalIndexDefinition, ProjectionDefinition, ProjectionType};

const INVALID: &str = "One or more parameter values were invalid: ";

fn music() -> TableName {
    TableName::new("music")
}

fn attribute(name: &str, attribute_type: ScalarType) -> AttributeDefinition {
    AttributeDefinition { attribute_name: name.to_owned(), attribute_type }
}

fn element(name: &str, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement { attribute_name: name.to_owned(), key_type }
}

fn everything() -> ProjectionDefinition {
    ProjectionDefinition { projection_type: Some(ProjectionType::All), non_key_attributes: None }
}

fn units(read_capacity_units: u64, write_capacity_units: u64) -> ProvisionedThroughput {
    ProvisionedThroughput { read_capacity_units, write_capacity_units }
}

/// An index by one attribute, of the same name as the attribute.
fn by(name: &str, units: Option<ProvisionedThroughput>) -> GlobalIndexDefinition {
    GlobalIndexDefinition {
        index_name: IndexName::new(format!("by-{name}")),
        key_schema: vec![element(name, KeyType::Hash)],
        projection: everything(),
        provisioned_throughput: units,
        warm_throughput: None,
        on_demand_throughput: None,
    }
}

/// A table with the key `a`, `b`, a local index by `c` and a global index by `g`.
fn table(units: Option<ProvisionedThroughput>) -> TableDefinition {
    let billing = if units.is_some() { BillingMode::Provisioned } else { BillingMode::PayPerRequest };
    TableDefinition {
        attribute_definitions: ["a", "b", "c", "g"].map(|name| attribute(name, ScalarType::S)).to_vec(),
        key_schema: vec![element("a", KeyType::Hash), element("b", KeyType::Range)],
        billing_mode: Some(billing),
        provisioned_throughput: units,
        local_secondary_indexes: Some(vec![LocalIndexDefinition {
            index_name: IndexName::new("by-c"),
            key_schema: vec![element("a", KeyType::Hash), element("c", KeyType::Range)],
            projection: everything(),
        }]),
        global_secondary_indexes: Some(vec![by("g", units)]),
        stream_specification: None,
        sse_specification: None,
        table_class: None,
        deletion_protection_enabled: None,
        warm_throughput: None,
        on_demand_throughput: None,
        resource_policy: None,
        tags: None,
    }
}

fn on_demand() -> TableDefinition {
    table(None)
}

fn provisioned() -> TableDefinition {
    table(Some(units(5, 5)))
}

fn change(name: &str) -> IndexThroughput {
    IndexThroughput {
        index_name: IndexName::new(name),
        provisioned_throughput: None,
        warm_throughput: None,
        on_demand_throughput: None,
    }
}

fn delete(name: &str) -> IndexUpdate {
    IndexUpdate::Delete(IndexName::new(name))
}

#[track_caller]
fn refused(
    table: &TableDefinition,
    updates: &[IndexUpdate],
    attributes: &[AttributeDefinition],
    name: &str,
    message: &str,
) {
    let error = table.with_index_updates(&music(), updates, attributes).unwrap_err();
    assert_eq!(error.name(), name);
    assert_eq!(error.message(Wording::Modern2026).unwrap(), message);
    assert_eq!(error.message(Wording::Classic).unwrap(), message);
}

#[track_caller]
fn invalid(table: &TableDefinition, update: IndexUpdate, message: &str) {
    refused(table, &[update], &[attribute("x", ScalarType::N)], "ValidationException", message);
}

fn names(table: &TableDefinition) -> Vec<&str> {
    table.global_secondary_indexes.iter().flatten().map(|index| index.index_name.as_str()).collect()
}

fn defined(table: &TableDefinition) -> Vec<&str> {
    table.attribute_definitions.iter().map(|attribute| attribute.attribute_name.as_str()).collect()
}

#[test]
fn an_index_comes_with_the_definitions_it_needs() {
    let attributes = [
        attribute("spare", ScalarType::B),
        // What is defined otherwise already stays as it is.
        attribute("a", ScalarType::N),
        attribute("x", ScalarType::N),
    ];
    let updates = [IndexUpdate::Create(by("x", None))];
    let changed = on_demand().with_index_updates(&music(), &updates, &attributes).unwrap();
    assert_eq!(names(&changed), ["by-g", "by-x"]);
    assert_eq!(defined(&changed), ["a", "b", "c", "g", "x"]);
    assert_eq!(changed.attribute_definitions[0].attribute_type, ScalarType::S);
    assert_eq!(changed.check().unwrap().global_indexes[1].hash[0].scalar, ScalarType::N);
}

#[test]
fn the_first_index_of_a_table_comes_and_the_last_one_goes() {
    let changed = on_demand().with_index_updates(&music(), &[delete("by-g")], &[]).unwrap();
    assert_eq!(changed.global_secondary_indexes, None);
    assert_eq!(defined(&changed), ["a", "b", "c"]);
    let updates = [IndexUpdate::Create(by("g", None))];
    let again = changed.with_index_updates(&music(), &updates, &[attribute("g", ScalarType::S)]).unwrap();
    assert_eq!(again, on_demand());
}

#[test]
fn definitions_that_other_keys_use_stay_when_an_index_goes() {
    let updates = [IndexUpdate::Create(by("b", None))];
    let both = on_demand().with_index_updates(&music(), &updates, &[attribute("b", ScalarType::S)]).unwrap();
    let left = both.with_index_updates(&music(), &[delete("by-b")], &[]).unwrap();
    assert_eq!(left, on_demand());
}

#[test]
fn one_index_comes_or_goes_at_a_time() {
    let limit =
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
    let create = |name: &str| IndexUpdate::Create(by(name, None));
    let x = [attribute("x", ScalarType::S), attribute("y", ScalarType::S)];
    for updates in [[create("x"), create("y")], [create("x"), delete("by-g")]] {
        refused(&on_demand(), &updates, &x, "LimitExceededException", limit);
    }
    let mut two = change("by-g");
    two.provisioned_throughput = Some(units(2, 2));
    let with_update = [IndexUpdate::Update(two), IndexUpdate::Create(by("x", Some(units(1, 1))))];
    let changed = provisioned().with_index_updates(&music(), &with_update, &x).unwrap();
    assert_eq!(names(&changed), ["by-g", "by-x"]);
}

#[test]
fn there_are_at_most_twenty_global_indexes() {
    let mut full = on_demand();
    let many = (0..20).map(|n| GlobalIndexDefinition {
        index_name: IndexName::new(format!("number-{n}")),
        ..by("g", None)
    });
    full.global_secondary_indexes = Some(many.collect());
    refused(
        &full,
        &[IndexUpdate::Create(by("x", None))],
        &[attribute("x", ScalarType::S)],
        "LimitExceededException",
        "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20",
    );
}

#[test]
fn a_new_index_keeps_the_rules() {
    for taken in ["g", "c"] {
        invalid(
            &on_demand(),
            IndexUpdate::Create(by(taken, None)),
            "Attempting to create an index which already exists",
        );
    }
    refused(
        &on_demand(),
        &[IndexUpdate::Create(by("x", None))],
        &[],
        "ValidationException",
        &format!("{INVALID}AttributeDefinitions is not specified for index: by-x"),
    );
    invalid(
        &on_demand(),
        IndexUpdate::Create(by("y", None)),
        &format!(
            "{INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [y], AttributeDefinitions: \
             [a, b, c, g]"
        ),
    );
    invalid(
        &on_demand(),
        IndexUpdate::Create(by("x", Some(units(1, 1)))),
        &format!(
            "{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: by-x when BillingMode is \
             PAY_PER_REQUEST"
        ),
    );
    invalid(
        &provisioned(),
        IndexUpdate::Create(by("x", None)),
        &format!("{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: by-x"),
    );
    let mut unprojected = by("x", None);
    unprojected.projection.projection_type = Some(ProjectionType::Include);
    invalid(
        &on_demand(),
        IndexUpdate::Create(unprojected),
        &format!("{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
    );
}

#[test]
fn indexes_that_are_not_there_and_local_ones_are_not_changed() {
    let mut update = change("by-z");
    update.provisioned_throughput = Some(units(1, 1));
    for unknown in [delete("by-z"), IndexUpdate::Update(update)] {
        refused(
            &provisioned(),
            &[unknown],
            &[],
            "ResourceNotFoundException",
            "Requested resource not found: Index by-z for table music",
        );
    }
    invalid(&on_demand(), delete("by-c"), "Cannot delete an index that is not a GlobalSecondaryIndex: by-c");
    invalid(
        &on_demand(),
        IndexUpdate::Update(change("by-c")),
        "Cannot update an index that is not a GlobalSecondaryIndex: by-c",
    );
}

#[test]
fn throughput_of_an_index_changes() {
    let mut update = change("by-g");
    update.provisioned_throughput = Some(units(5, 6));
    let update = IndexUpdate::Update(update);
    let changed = provisioned().with_index_updates(&music(), std::slice::from_ref(&update), &[]).unwrap();
    let index = &changed.global_secondary_indexes.as_ref().unwrap()[0];
    assert_eq!(index.provisioned_throughput, Some(units(5, 6)));
    invalid(
        &changed,
        update.clone(),
        "The provisioned throughput for the index by-g will not change. The requested value equals the current value. \
         Current ReadCapacityUnits provisioned for index by-g: 5. Requested ReadCapacityUnits: 5. Current \
         WriteCapacityUnits provisioned for index by-g: 6. Requested WriteCapacityUnits: 6. Refer to the Amazon DynamoDB \
         Developer Guide for current limits and how to request higher limits.",
    );
    let only = format!(
        "{INVALID}The only Updates for index: by-g when TableThroughputMode is PAY_PER_REQUEST can be to \
         OnDemandThroughput, WarmThroughput"
    );
    invalid(&on_demand(), update, &only);
    invalid(&on_demand(), IndexUpdate::Update(change("by-g")), &only);
    invalid(
        &provisioned(),
        IndexUpdate::Update(change("by-g")),
        &format!("{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: by-g"),
    );
    let mut beyond = change("by-g");
    beyond.provisioned_throughput = Some(units(1_000_000_000_001, 1));
    let beyond = IndexUpdate::Update(beyond);
    invalid(&provisioned(), beyond, "Given value 1000000000001 for ReadCapacityUnits is out of bounds");
}

#[test]
fn ceilings_and_warm_throughput_of_an_index() {
    let ceiling = |read: Option<i64>, write: Option<i64>| {
        let mut update = change("by-g");
        update.on_demand_throughput =
            Some(OnDemandThroughput { max_read_request_units: read, max_write_request_units: write });
        IndexUpdate::Update(update)
    };
    let warm = |read: u64| {
        let mut update = change("by-g");
        update.warm_throughput =
            Some(WarmThroughput { read_units_per_second: Some(read), write_units_per_second: None });
        IndexUpdate::Update(update)
    };
    invalid(
        &provisioned(),
        ceiling(None, Some(7)),
        &format!(
            "{INVALID}MaxWriteRequestUnits for OnDemandThroughput for index : by-g cannot be specified when the table \
             BillingMode is PROVISIONED"
        ),
    );
    invalid(
        &on_demand(),
        ceiling(Some(0), None),
        &format!(
            "{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for index : by-g is outside of valid range"
        ),
    );
    invalid(
        &on_demand(),
        ceiling(Some(1), None),
        &format!("{INVALID}OnDemandThroughput of a global index is not supported by this installation yet"),
    );
    let without = on_demand().with_index_updates(&music(), &[ceiling(Some(-1), Some(-1))], &[]).unwrap();
    assert_eq!(without, on_demand());
    invalid(
        &on_demand(),
        warm(100),
        &format!(
            "{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for index by-g is lower than current WarmThroughput, \
             decreasing WarmThroughput is not supported"
        ),
    );
    invalid(
        &on_demand(),
        warm(12_001),
        &format!(
            "{INVALID}WarmThroughput of a global index above its initial throughput is not supported by this installation yet"
        ),
    );
    assert_eq!(on_demand().with_index_updates(&music(), &[warm(12_000)], &[]).unwrap(), on_demand());
    // Of a provisioned index the units are what it serves at once.
    assert_eq!(provisioned().with_index_updates(&music(), &[warm(5)], &[]).unwrap(), provisioned());
    invalid(
        &provisioned(),
        warm(6),
        &format!(
            "{INVALID}WarmThroughput of a global index above its initial throughput is not supported by this installation yet"
        ),
    );
}

#[test]
fn a_table_that_becomes_provisioned_says_so_of_each_index() {
    let mut switched = on_demand();
    switched.billing_mode = Some(BillingMode::Provisioned);
    switched.provisioned_throughput = Some(units(5, 5));
    refused(
        &switched,
        &[],
        &[],
        "ValidationException",
        &format!("{INVALID}ProvisionedThroughput must be specified for index: by-g"),
    );
    let mut update = change("by-g");
    update.provisioned_throughput = Some(units(5, 5));
    let changed = switched.with_index_updates(&music(), &[IndexUpdate::Update(update)], &[]).unwrap();
    assert_eq!(changed, provisioned());
    assert_eq!(provisioned().with_index_updates(&music(), &[], &[]).unwrap(), provisioned());
}
