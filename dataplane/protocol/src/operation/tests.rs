mod accepted;
mod order;
mod properties;
mod pull;
mod statements;
mod transactions;
mod wording;

use serde_json::Value;

use super::{Operation, OperationName};
use crate::{ServiceError, Wording};

fn parse(name: OperationName, body: &Value) -> Result<Operation, ServiceError> {
    Operation::parse(name, body.to_string().as_bytes())
}

fn refusal(name: OperationName, body: &Value) -> ServiceError {
    parse(name, body).expect_err(&body.to_string())
}

fn message(name: OperationName, body: &Value, wording: Wording) -> String {
    refusal(name, body).message(wording).expect("refusals of these tests have a message").into_owned()
}

#[test]
fn targets_name_operations() {
    for name in OperationName::ALL {
        let (service, other) = match name.is_of_streams() {
            true => ("DynamoDBStreams_20120810", "DynamoDB_20120810"),
            false => ("DynamoDB_20120810", "DynamoDBStreams_20120810"),
        };
        assert_eq!(name.target(), format!("{service}.{name}"));
        assert_eq!(OperationName::from_target(&name.target()), Some(name));
        assert_eq!(OperationName::from_target(&format!("{other}.{name}")), None);
    }
    for target in [
        "",
        "PutItem",
        ".PutItem",
        "DynamoDB_20120810.",
        "DynamoDB_20120810.putItem",
        "DynamoDB_20120810.ListBackups",
    ] {
        assert_eq!(OperationName::from_target(target), None, "{target}");
    }
}
