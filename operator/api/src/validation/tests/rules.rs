//! What can be said of the CEL rules themselves; the manifests show that they work.

use serde_json::json;

use super::*;

#[test]
fn a_broken_rule_names_its_field() {
    let errors = validate(&table(json!({"tags": [{"key": "fine"}, {"key": "aws:x"}]})), None);
    assert_eq!(texts(&errors), ["spec.tags[1].key: Invalid value: a tag's key cannot start with aws:"]);
}

/// What an API server takes one rule to cost at most, in its units.
const RULE_COST_MAX: u64 = 10_000_000;
/// What comparing two names costs in those units, a tenth of a unit for each character, and more than all around it.
const COMPARISON_COST: u64 = 255 / 10 + 20;

#[test]
fn the_dearest_rule_is_cheap_enough_for_an_api_server() {
    let spec = &TABLE_SCHEMA["properties"]["spec"]["properties"];
    let most = |list: &Value| list["maxItems"].as_u64().unwrap();
    let indexes = &spec["globalSecondaryIndexes"];
    let elements = &indexes["items"]["properties"]["keySchema"];
    // Every key attribute of every index is looked for among all definitions.
    let comparisons = most(indexes) * most(elements) * most(&spec["attributeDefinitions"]);
    assert!(comparisons * COMPARISON_COST < RULE_COST_MAX / 2, "{comparisons} comparisons");
    for name in [&elements["items"], &spec["attributeDefinitions"]["items"]] {
        assert_eq!(name["properties"]["attributeName"]["maxLength"], 255);
    }
}
