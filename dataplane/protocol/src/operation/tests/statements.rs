//! Requests with PartiQL statements.

use partita_model::AttributeValue;
use partita_model::capacity::Consistency;
use serde_json::{Value, json};

use super::super::{Operation, OperationName, ReturnCapacity, Statement};
use super::order::{Step, walk};
use super::parse;
use super::wording::{always, with};

const DETECTED: &str = "1 validation error detected: ";

fn one() -> Vec<AttributeValue> {
    vec![AttributeValue::N("1".parse().unwrap())]
}

#[test]
fn a_statement_is_read_with_its_options() {
    let least = parse(OperationName::ExecuteStatement, &json!({"Statement": "SELECT"})).unwrap();
    let Operation::ExecuteStatement(least) = least else { panic!("{least:?}") };
    let statement = Statement { text: "SELECT".to_owned(), parameters: vec![], on_condition_failure: false };
    assert_eq!((least.statement, least.next_token, least.limit), (statement, None, None));
    assert_eq!((least.consistency, least.capacity), (Consistency::Eventual, ReturnCapacity::None));

    let request = json!({
        "Statement": "UPDATE", "Parameters": [{"N": "1"}], "ConsistentRead": true, "NextToken": "t", "Limit": 7,
        "ReturnConsumedCapacity": "INDEXES", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    let all = parse(OperationName::ExecuteStatement, &request).unwrap();
    let Operation::ExecuteStatement(all) = all else { panic!("{all:?}") };
    let statement = Statement { text: "UPDATE".to_owned(), parameters: one(), on_condition_failure: true };
    assert_eq!(all.statement, statement);
    assert_eq!((all.next_token.as_deref(), all.limit.unwrap().get()), (Some("t"), 7));
    assert_eq!((all.consistency, all.capacity), (Consistency::Strong, ReturnCapacity::Indexes));
}

#[test]
fn a_batch_has_a_consistency_for_each_statement() {
    let request = json!({
        "Statements": [
            {"Statement": "a", "ConsistentRead": true},
            {"Statement": "b", "Parameters": [{"N": "1"}], "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
        ],
        "ReturnConsumedCapacity": "TOTAL",
    });
    let batch = parse(OperationName::BatchExecuteStatement, &request).unwrap();
    let Operation::BatchExecuteStatement(batch) = batch else { panic!("{batch:?}") };
    assert_eq!(batch.capacity, ReturnCapacity::Total);
    let [a, b] = batch.statements.as_slice() else { panic!("{batch:?}") };
    assert_eq!((a.statement.text.as_str(), a.consistency), ("a", Consistency::Strong));
    assert_eq!((b.statement.text.as_str(), b.consistency), ("b", Consistency::Eventual));
    assert_eq!((&b.statement.parameters, b.statement.on_condition_failure), (&one(), true));
}

#[test]
fn a_transaction_has_statements_and_a_token() {
    let request = json!({
        "TransactStatements": [{"Statement": "a", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, {"Statement": "b"}],
        "ClientRequestToken": "t", "ReturnConsumedCapacity": "TOTAL",
    });
    let execute = parse(OperationName::ExecuteTransaction, &request).unwrap();
    let Operation::ExecuteTransaction(execute) = execute else { panic!("{execute:?}") };
    let [a, b] = execute.statements.as_slice() else { panic!("{execute:?}") };
    assert_eq!((a.text.as_str(), a.on_condition_failure), ("a", true));
    assert_eq!((b.text.as_str(), b.on_condition_failure), ("b", false));
    assert_eq!((execute.token.unwrap().text.as_str(), execute.capacity), ("t", ReturnCapacity::Total));
}

#[test]
fn lengths_are_bounded() {
    let refused =
        |request: Value, sentence: String| always(OperationName::ExecuteStatement, request, &sentence);
    let at = |member: &str, bound: &str| {
        format!("at '{member}' failed to satisfy constraint: Member must have {bound}")
    };
    let least = at("statement", "length greater than or equal to 1");
    refused(json!({"Statement": ""}), format!("{DETECTED}Value '' {least}"));
    let longest = "é".repeat(8192);
    assert!(parse(OperationName::ExecuteStatement, &json!({"Statement": longest})).is_ok());
    let long = format!("{longest}é");
    let most = at("statement", "length less than or equal to 8192");
    refused(json!({"Statement": long}), format!("{DETECTED}Value '{long}' {most}"));
    refused(
        json!({"Statement": "s", "Parameters": []}),
        format!("{DETECTED}Value '[]' {}", at("parameters", "length greater than or equal to 1")),
    );
    refused(
        json!({"Statement": "s", "NextToken": ""}),
        format!("{DETECTED}Value '' {}", at("nextToken", "length greater than or equal to 1")),
    );
    let long = "t".repeat(32_769);
    refused(
        json!({"Statement": "s", "NextToken": long}),
        format!("{DETECTED}Value '{long}' {}", at("nextToken", "length less than or equal to 32768")),
    );
    refused(
        json!({"Statement": "s", "Limit": 0}),
        format!("{DETECTED}Value '0' {}", at("limit", "value greater than or equal to 1")),
    );
}

#[test]
fn the_number_of_statements_is_bounded() {
    for (name, member, place, shown, most) in [
        (
            OperationName::BatchExecuteStatement,
            "Statements",
            "statements",
            "BatchStatementRequest(statement)",
            25,
        ),
        (
            OperationName::ExecuteTransaction,
            "TransactStatements",
            "transactStatements",
            "ParameterizedStatement(statement)",
            100,
        ),
    ] {
        let request = |count: usize| json!({ member: vec![json!({"Statement": "s"}); count] });
        let bound = format!("at '{place}' failed to satisfy constraint: Member must");
        always(name, json!({}), &format!("{DETECTED}Value null {bound} not be null"));
        always(
            name,
            request(0),
            &format!("{DETECTED}Value '[]' {bound} have length greater than or equal to 1"),
        );
        assert!(parse(name, &request(most)).is_ok());
        let all = vec![shown; most].join(", ");
        let sentence = format!("{DETECTED}Value '[{all}]' {bound} have length less than or equal to {most}");
        always(name, request(most + 1), &sentence);
        always(
            name,
            json!({ member: [{"Statement": "s"}, {"Parameters": [], "ReturnValuesOnConditionCheckFailure": "X"}] }),
            &format!(
                "3 validation errors detected: Value null at '{place}.2.member.statement' failed to satisfy constraint: \
                 Member must not be null; Value '[]' at '{place}.2.member.parameters' failed to satisfy constraint: Member \
                 must have length greater than or equal to 1; Value 'X' at \
                 '{place}.2.member.returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy \
                 enum value set: [ALL_OLD, NONE]"
            ),
        );
    }
}

#[test]
fn the_size_of_a_transaction_is_bounded() {
    let transaction = |bytes: usize| {
        let value = |length: usize| json!({"S": "x".repeat(length)});
        // The text has six characters.
        let statement = |length| json!({"Statement": "SELECT", "Parameters": [value(length - 6)]});
        let request = json!({"TransactStatements": [statement(1 << 20), statement(bytes - (1 << 20))]});
        parse(OperationName::ExecuteTransaction, &request)
    };
    assert!(transaction(4 << 20).is_ok());
    let error = transaction((4 << 20) + 1).unwrap_err();
    let sentence = "Transaction payload size cannot exceed 4MB. Payload Size: 4194305";
    assert_eq!(error.message(crate::Wording::Modern2026).as_deref(), Some(sentence));
}

#[test]
fn failures_are_told_in_this_order() {
    let request = json!({
        "Statement": "", "Parameters": [{"S": 1}], "ReturnConsumedCapacity": "ALL",
    });
    walk(
        OperationName::ExecuteStatement,
        request.clone(),
        vec![
            Step("NUMBER_VALUE cannot be converted to String", "Parameters", json!([{"N": "x"}, {}])),
            Step("2 validation errors detected", "ReturnConsumedCapacity", Value::Null),
            Step("at 'statement' failed to satisfy constraint", "Statement", json!("s")),
            Step("The parameter cannot be converted to a numeric value: x", "Parameters", Value::Null),
        ],
    );
    let bad = with(request, json!({"Parameters": [{}], "ReturnConsumedCapacity": null, "Statement": "s"}));
    always(
        OperationName::ExecuteStatement,
        bad,
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    );
}
