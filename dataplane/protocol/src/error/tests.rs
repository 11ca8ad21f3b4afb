use std::fmt::Write as _;

use expect_test::expect_file;
use partita_expression::UpdateError;
use partita_model::name::Scope;
use partita_model::number::NumberError;
use partita_model::value::AttributeType;
use partita_model::{Arn, AttributeValue, IndexName, ScalarType, TableName};

use super::*;
use crate::json::ValueFault;
use crate::output::TableStatus;
use crate::stream::StreamName;

fn index() -> IndexName {
    IndexName::new("ByYear")
}

fn table() -> TableName {
    TableName::new("Music")
}

fn reasons() -> Vec<ThrottlingReason> {
    let resource: Arn =
        serde_json::from_str(r#""arn:aws:dynamodb:eu-central-1:000000000000:table/Music""#).unwrap();
    vec![ThrottlingReason { reason: "TableReadProvisionedThroughputExceeded".to_owned(), resource }]
}

/// Each error with its status and its body in the wording of 2026, and in the classic one where that differs.
fn golden(errors: &[(&str, ServiceError)]) -> String {
    let mut text = String::new();
    for (name, error) in errors {
        let retry = if error.retryable() { ", retryable" } else { "" };
        let body = |wording| String::from_utf8(error.to_bytes(wording)).unwrap();
        let (modern, classic) = (body(Wording::Modern2026), body(Wording::Classic));
        writeln!(text, "{name}: {}{retry}\n  {modern}", error.http_status()).unwrap();
        if classic != modern {
            writeln!(text, "  {classic}").unwrap();
        }
    }
    text
}

#[test]
fn general_errors() {
    let item = Item::from([("pk".to_owned(), AttributeValue::S("a".to_owned()))]);
    expect_file!["tests/general.txt"].assert_eq(&golden(&[
        ("malformed_json", ServiceError::malformed_json()),
        ("serialization", ServiceError::serialization("Unexpected field type")),
        ("unknown_operation", ServiceError::unknown_operation()),
        ("internal", ServiceError::internal()),
        ("unavailable", ServiceError::unavailable()),
        ("conditional_check_failed", ServiceError::conditional_check_failed(None)),
        ("conditional_check_failed with item", ServiceError::conditional_check_failed(Some(item))),
        ("transaction_conflict", ServiceError::transaction_conflict()),
        ("item_collection_size", ServiceError::item_collection_size()),
        ("item_size_exceeded", ServiceError::item_size_exceeded()),
        ("provisioned_throughput_exceeded", ServiceError::provisioned_throughput_exceeded(reasons())),
        (
            "provisioned_throughput_exceeded unexplained",
            ServiceError::provisioned_throughput_exceeded(vec![]),
        ),
        ("throttling", ServiceError::throttling(reasons())),
    ]));
}

#[test]
fn errors_of_updates() {
    expect_file!["tests/updates.txt"].assert_eq(&golden(&[
        ("document path", ServiceError::update(&UpdateError::InvalidDocumentPath)),
        ("missing attribute", ServiceError::update(&UpdateError::MissingAttribute)),
        ("operand type", ServiceError::update(&UpdateError::IncorrectOperandType)),
        ("type mismatch", ServiceError::update(&UpdateError::TypeMismatch)),
        ("nesting", ServiceError::update(&UpdateError::NestedTooDeep)),
        ("size", ServiceError::update(&UpdateError::TooLarge)),
        ("overflow", ServiceError::update(&UpdateError::Number(NumberError::Overflow))),
        ("cannot_update_key", ServiceError::cannot_update_key("pk")),
    ]));
}

#[test]
fn errors_of_tables() {
    expect_file!["tests/tables.txt"].assert_eq(&golden(&[
        ("resource_not_found", ServiceError::resource_not_found()),
        ("resource_not_found_table", ServiceError::resource_not_found_table(&table())),
        ("table_exists", ServiceError::table_exists(&table())),
        ("resource_in_use creating", ServiceError::resource_in_use(&table(), BusyTable::Creating)),
        ("resource_in_use updating", ServiceError::resource_in_use(&table(), BusyTable::Updating)),
        ("resource_in_use deleting", ServiceError::resource_in_use(&table(), BusyTable::Deleting)),
        ("deletion_protected", ServiceError::deletion_protected()),
    ]));
}

#[test]
fn errors_of_streams() {
    let scope = Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() };
    let stream = StreamName { table: table(), label: "2026-10-08T23:20:48.000".to_owned() }.arn(&scope);
    expect_file!["tests/streams.txt"].assert_eq(&golden(&[
        ("stream_not_found", ServiceError::stream_not_found(&stream)),
        ("shard_not_found", ServiceError::shard_not_found()),
        ("invalid_stream_arn", ServiceError::invalid_stream_arn()),
        ("invalid_shard_iterator", ServiceError::invalid_shard_iterator()),
        ("invalid_sequence_number", ServiceError::invalid_sequence_number()),
        ("expired_iterator", ServiceError::expired_iterator()),
        ("trimmed_data_access", ServiceError::trimmed_data_access()),
        ("timestamp_in_future", ServiceError::timestamp_in_future()),
        ("stream_already_enabled", ServiceError::stream_already_enabled("Music")),
        ("no_stream_to_disable", ServiceError::no_stream_to_disable("Music")),
    ]));
}

#[test]
fn errors_of_features() {
    let arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/Music";
    expect_file!["tests/features.txt"].assert_eq(&golden(&[
        ("time_to_live_enabled", ServiceError::time_to_live_enabled()),
        ("time_to_live_disabled", ServiceError::time_to_live_disabled()),
        ("time_to_live_of_other_attribute", ServiceError::time_to_live_of_other_attribute("until")),
        ("time_to_live_changed_recently", ServiceError::time_to_live_changed_recently()),
        ("time_to_live_of_busy_table", ServiceError::time_to_live_of_busy_table(TableStatus::Creating)),
        ("table_not_found", ServiceError::table_not_found(&table())),
        ("insights_index_not_found", ServiceError::insights_index_not_found(&index(), &table())),
        ("policy_not_found", ServiceError::policy_not_found(arn)),
    ]));
}

#[test]
fn errors_of_changes_of_indexes() {
    expect_file!["tests/indexes.txt"].assert_eq(&golden(&[
        ("online_index_limit", ServiceError::online_index_limit()),
        ("index_not_found", ServiceError::index_not_found(&index(), &table())),
        ("index_in_use creating", ServiceError::index_in_use(&table(), &index(), BusyIndex::Creating)),
        ("index_in_use updating", ServiceError::index_in_use(&table(), &index(), BusyIndex::Updating)),
        ("index_in_use deleting", ServiceError::index_in_use(&table(), &index(), BusyIndex::Deleting)),
        ("indexes_in_use", ServiceError::indexes_in_use()),
        ("throughput_in_use_by_deletion", ServiceError::throughput_in_use_by_deletion(&table(), &[&index()])),
    ]));
}

#[test]
fn errors_of_keys_and_indexes() {
    let (text, binary) = (EmptyKeyValue::Text, EmptyKeyValue::Binary);
    expect_file!["tests/keys.txt"].assert_eq(&golden(&[
        ("key_does_not_match_schema", ServiceError::key_does_not_match_schema()),
        ("missing_key", ServiceError::missing_key("pk")),
        ("key_type_mismatch", ServiceError::key_type_mismatch("pk", ScalarType::S, AttributeType::N)),
        (
            "index_key_type_mismatch",
            ServiceError::index_key_type_mismatch("year", ScalarType::N, AttributeType::Null, &index()),
        ),
        ("hash_key_too_large", ServiceError::hash_key_too_large()),
        ("range_key_too_large", ServiceError::range_key_too_large()),
        ("empty_key_value text", ServiceError::empty_key_value("pk", text)),
        ("empty_key_value binary", ServiceError::empty_key_value("pk", binary)),
        ("empty_index_key_value", ServiceError::empty_index_key_value("year", text, &index())),
        ("filter_on_key expression", ServiceError::filter_on_key("pk", true)),
        ("filter_on_key legacy", ServiceError::filter_on_key("pk", false)),
        ("unknown_index", ServiceError::unknown_index("Nowhere")),
        ("consistent_read_on_global_index", ServiceError::consistent_read_on_global_index()),
        ("all_attributes_on_global_index", ServiceError::all_attributes_on_global_index(&index())),
        ("not_projected", ServiceError::not_projected(&index(), &["a", "b"])),
        ("index_backfilling", ServiceError::index_backfilling(&index())),
        ("invalid_start_key", ServiceError::invalid_start_key()),
        ("invalid_start_key_of_scan", ServiceError::invalid_start_key_of_scan()),
        ("start_key_size", ServiceError::start_key_size()),
        ("start_key_outside_query", ServiceError::start_key_outside_query()),
        ("start_key_outside_segment", ServiceError::start_key_outside_segment(1, 4)),
        ("duplicate_keys", ServiceError::duplicate_keys()),
    ]));
}

#[test]
fn errors_of_requests() {
    let fault = ValueFault::DuplicateNumbers;
    expect_file!["tests/requests.txt"].assert_eq(&golden(&[
        (
            "mixed_expressions",
            ServiceError::mixed_expressions(
                &["AttributesToGet", "QueryFilter"],
                &["ProjectionExpression", "FilterExpression"],
            ),
        ),
        ("return_values_all_old_or_none", ServiceError::return_values_all_old_or_none()),
        ("the same in an envelope", ServiceError::return_values_all_old_or_none().in_envelope()),
        ("invalid_expression_value", ServiceError::invalid_expression_value(":v", &fault)),
        (
            "invalid_expression_value null",
            ServiceError::invalid_expression_value(":v", &ValueFault::NullNotTrue).in_envelope(),
        ),
        ("invalid_start_key_value", ServiceError::invalid_start_key_value(&fault)),
        ("key_condition_required", ServiceError::key_condition_required()),
        ("all_projected_without_index", ServiceError::all_projected_without_index()),
        ("specific_attributes_without_projection", ServiceError::specific_attributes_without_projection()),
        (
            "projection_with_select all",
            ServiceError::projection_with_select(Parameter::ProjectionExpression, "ALL_ATTRIBUTES"),
        ),
        (
            "projection_with_select count",
            ServiceError::projection_with_select(Parameter::AttributesToGet, "only the Count"),
        ),
        ("total_segments_missing", ServiceError::total_segments_missing()),
        ("segment_missing", ServiceError::segment_missing()),
        ("segment_out_of_range", ServiceError::segment_out_of_range(5, 5)),
        ("too_many_items get", ServiceError::too_many_items(BatchKind::Get)),
        ("too_many_items write", ServiceError::too_many_items(BatchKind::Write)),
        ("write_request_shape", ServiceError::write_request_shape()),
        ("no type", ValueFault::NoType.into()),
        ("several types", ValueFault::SeveralTypes.into()),
    ]));
}

#[test]
fn violations_are_gathered_unless_all_of_them_have_moved() {
    let name = || Place::member("tableName");
    let of = |add: fn(&mut Violations)| {
        let mut violations = Violations::new();
        violations.add(Place::member("tableName"), "", Constraint::LengthMin(1));
        add(&mut violations);
        ServiceError::violations(violations)
    };
    let mut pattern = Violations::new();
    pattern.add(name(), "a b", Constraint::Pattern("[a-z]+"));
    let mut nested = Violations::new();
    nested.add(name().then("keySchema").element(0).then("keyType"), "X", Constraint::ValueMax(3));
    expect_file!["tests/violations.txt"].assert_eq(&golden(&[
        ("one moved", of(|_| ())),
        ("two moved", of(|v| v.add(Place::member("limit"), "0", Constraint::ValueMin(1)))),
        ("one moved, one not", of(|v| v.missing(Place::member("key")))),
        ("not moved", ServiceError::violations(pattern)),
        ("nested place", ServiceError::violations(nested)),
        (
            "more than are listed",
            of(|v| (0..11).for_each(|place| v.missing(Place::member("keys").element(place)))),
        ),
    ]));
}
