//! Tags.

use partita_protocol::definition::Tag;
use partita_protocol::operation::{ListTagsOfResource, TagResource, UntagResource};
use partita_protocol::output::Answer;
use serde_json::{Value, json};

use super::*;

const ARN: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/music";

fn tag(arn: &str, tags: &[(&str, &str)]) -> TagResource {
    let tag = |(key, value): &(&str, &str)| Tag { key: (*key).to_owned(), value: (*value).to_owned() };
    TagResource { arn: arn.to_owned(), tags: tags.iter().map(tag).collect() }
}

async fn tags(world: &World) -> Value {
    let listed = world.control.list_tags_of_resource(ListTagsOfResource { arn: ARN.to_owned() }).await;
    listed.unwrap().to_json()["Tags"].clone()
}

#[tokio::test]
async fn tags_come_and_go() {
    let world = World::new().await;
    let mut definition = on_demand();
    definition.tags = Some(tag("", &[("team", "a"), ("cost", "1")]).tags);
    world.create("music", definition).await;
    let done = world.control.tag_resource(tag(ARN, &[("team", "b")])).await.unwrap();
    assert_eq!(done.to_json(), json!({}));
    assert_eq!(tags(&world).await, json!([{ "Key": "cost", "Value": "1" }, { "Key": "team", "Value": "b" }]));
    let keys = vec!["cost".to_owned(), "absent".to_owned()];
    world.control.untag_resource(UntagResource { arn: ARN.to_owned(), keys }).await.unwrap();
    assert_eq!(tags(&world).await, json!([{ "Key": "team", "Value": "b" }]));
}

#[tokio::test]
async fn a_table_has_fifty_tags() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let keys: Vec<String> = (0..50).map(|n| format!("k{n}")).collect();
    let all: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "")).collect();
    world.control.tag_resource(tag(ARN, &all)).await.unwrap();
    let refused = refusal(world.control.tag_resource(tag(ARN, &[("one-more", "")])).await);
    let sentence = "Number of Tags exceed the current limit for the provided ResourceArn".to_owned();
    assert_eq!(refused, ("ValidationException", sentence));
    world.control.tag_resource(tag(ARN, &[("k7", "new")])).await.unwrap();
}

#[tokio::test]
async fn arns_of_others_are_told_apart() {
    let world = World::new().await;
    let refused = async |arn: &str| refusal(world.control.tag_resource(tag(arn, &[("a", "")])).await);
    let not_found = format!("Requested resource not found: ResourcArn: {ARN} not found");
    assert_eq!(refused(ARN).await, ("ResourceNotFoundException", not_found));
    let invalid = [
        "music",
        "arn:aws:dynamodb:us-east-1:000000000000:table/music",
        "arn:aws:dynamodb:eu-central-1:000000000000:table/music/index/by-b",
        "arn:aws:dynamodb:eu-central-1:12:table/music",
        "arn:aws:s3:eu-central-1:111111111111:table/music",
        "arn:::::",
    ];
    for arn in invalid {
        let sentence = format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}");
        assert_eq!(refused(arn).await, ("ValidationException", sentence));
    }
    let foreign = refused("arn:aws:dynamodb:eu-central-1:111111111111:table/music").await;
    assert_eq!(foreign.0, "AccessDeniedException");
    assert!(foreign.1.contains("dynamodb:TagResource"), "{}", foreign.1);
}
