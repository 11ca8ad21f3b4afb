use serde_json::{Value, json};

use crate::Wording;
use crate::operation::{Operation, OperationName};

const ARN: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/music";

fn parse(name: OperationName, body: &Value) -> Result<Operation, String> {
    Operation::parse(name, body.to_string().as_bytes()).map_err(|error| {
        assert_eq!(error.name(), "ValidationException");
        error.message(Wording::Classic).unwrap().into_owned()
    })
}

fn tag(tags: Value) -> Result<Operation, String> {
    parse(OperationName::TagResource, &json!({ "ResourceArn": ARN, "Tags": tags }))
}

#[test]
fn tags_keep_their_rules() {
    let key = "k".repeat(129);
    let value = "v".repeat(257);
    let many: Value = (0..51).map(|n| json!({ "Key": format!("k{n}"), "Value": "" })).collect();
    let cases = [
        (json!([]), "Atleast one Tag needs to be provided as Input.".to_owned()),
        (
            json!([{ "Key": "aws:a", "Value": "" }]),
            "Tag Key cannot be prefixed with aws:, Key: aws:a".to_owned(),
        ),
        (json!([{ "Key": "", "Value": "" }]), "The Tag Key provided is invalid, Key: ".to_owned()),
        (json!([{ "Value": "" }]), "The Tag Key provided is invalid, Key: null".to_owned()),
        (json!([{ "Key": key, "Value": "" }]), format!("The Tag Key provided is invalid, Key: {key}")),
        (json!([{ "Key": "a" }]), "The Tag Value provided is invalid, Value: null".to_owned()),
        (
            json!([{ "Key": "a", "Value": value }]),
            format!("The Tag Value provided is invalid, Value: {value}"),
        ),
        (
            json!([{ "Key": "a", "Value": "" }, { "Key": "a", "Value": "" }]),
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found a".to_owned(),
        ),
        (many, "Number of Tags exceed the current limit for the provided ResourceArn".to_owned()),
    ];
    for (tags, sentence) in cases {
        assert_eq!(tag(tags.clone()).expect_err(&tags.to_string()), sentence);
    }
    let (key, value) = ("k".repeat(128), "v".repeat(256));
    tag(json!([{ "Key": key, "Value": value }])).unwrap();
}

#[test]
fn members_of_the_tag_operations_are_required() {
    let missing = "1 validation error detected: Value null at 'tags' failed to satisfy constraint: Member must not be null";
    assert_eq!(parse(OperationName::TagResource, &json!({ "ResourceArn": ARN })).unwrap_err(), missing);
    let untag = |body: Value| parse(OperationName::UntagResource, &body).unwrap_err();
    assert_eq!(
        untag(json!({ "ResourceArn": ARN, "TagKeys": [] })),
        "Atleast one Tag Key needs to be provided as Input."
    );
    assert_eq!(
        untag(json!({ "TagKeys": [] })),
        "1 validation error detected: Value null at 'resourceArn' failed to satisfy constraint: Member must not be null"
    );
    let list = |body: Value| parse(OperationName::ListTagsOfResource, &body);
    assert!(list(json!({ "ResourceArn": ARN, "NextToken": null })).is_ok());
    assert_eq!(
        list(json!({ "ResourceArn": ARN, "NextToken": "x" })).unwrap_err(),
        "The provided NextToken is invalid"
    );
}
