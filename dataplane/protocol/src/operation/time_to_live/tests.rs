use serde_json::{Value, json};

use super::*;
use crate::Wording;
use crate::operation::{Operation, OperationName};

fn parse(body: &Value) -> Result<Operation, ServiceError> {
    Operation::parse(OperationName::UpdateTimeToLive, body.to_string().as_bytes())
}

fn body(specification: Value) -> Value {
    json!({ "TableName": "music", "TimeToLiveSpecification": specification })
}

#[test]
fn a_specification_is_read_as_it_was_given() {
    for enabled in [true, false] {
        let given = body(json!({ "Enabled": enabled, "AttributeName": "until" }));
        let Operation::UpdateTimeToLive(update) = parse(&given).unwrap() else { panic!() };
        assert_eq!(update.table.as_given(), "music");
        let expected = TimeToLiveSpecification { enabled, attribute_name: "until".to_owned() };
        assert_eq!(update.specification, expected);
        assert_eq!(serde_json::to_value(update.specification).unwrap(), given["TimeToLiveSpecification"]);
    }
    let describe = json!({ "TableName": "music" }).to_string();
    let read = Operation::parse(OperationName::DescribeTimeToLive, describe.as_bytes()).unwrap();
    assert_eq!(read, Operation::DescribeTimeToLive(DescribeTimeToLive { table: TableRef::new("music") }));
}

#[test]
fn every_member_is_required_and_names_have_a_length() {
    let message = |body: Value, wording| parse(&body).unwrap_err().message(wording).unwrap().into_owned();
    let place = "at 'timeToLiveSpecification";
    assert_eq!(
        message(json!({}), Wording::Modern2026),
        format!(
            "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; \
             Value null {place}' failed to satisfy constraint: Member must not be null"
        )
    );
    assert_eq!(
        message(body(json!({})), Wording::Classic),
        format!(
            "2 validation errors detected: Value null {place}.enabled' failed to satisfy constraint: Member must not be null; \
             Value null {place}.attributeName' failed to satisfy constraint: Member must not be null"
        )
    );
    let empty = body(json!({ "Enabled": true, "AttributeName": "" }));
    assert_eq!(
        message(empty.clone(), Wording::Classic),
        format!(
            "1 validation error detected: Value '' {place}.attributeName' failed to satisfy constraint: Member must have \
             length greater than or equal to 1"
        )
    );
    assert_eq!(
        message(empty, Wording::Modern2026),
        "1 validation error detected: Value at 'TimeToLiveSpecification.AttributeName' failed to satisfy constraint: Member \
         must have length greater than or equal to 1"
    );
    assert!(parse(&body(json!({ "Enabled": true, "AttributeName": "a".repeat(255) }))).is_ok());
    assert!(parse(&body(json!({ "Enabled": true, "AttributeName": "a".repeat(256) }))).is_err());
    let error = parse(&body(json!({ "Enabled": "true", "AttributeName": "a" }))).unwrap_err();
    assert_eq!(error.name(), "SerializationException");
}
