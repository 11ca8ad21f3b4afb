//! What the chart `partita` renders fits this crate: its roles grant what the operator does, its Regions are Regions.
//!
//! The renders are committed; `cargo xtask test --only charts` keeps them fresh.

use std::collections::BTreeSet;

use partita_api::Region;
use partita_kubernetes::{PERMISSIONS, Reach};
use serde_json::Value;

const RENDERS: [(&str, &str); 3] = [
    ("defaults", include_str!("../../../charts/partita/tests/golden/defaults.yaml")),
    ("s3", include_str!("../../../charts/partita/tests/golden/s3.yaml")),
    ("everything", include_str!("../../../charts/partita/tests/golden/everything.yaml")),
];
const OPERATOR: &str = "partita-operator";

/// API group, resource and verbs.
type Grant = (String, String, Vec<String>);

fn documents(render: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(render).expect("a render is YAML")
}

fn find<'a>(documents: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let mut found =
        documents.iter().filter(|document| document["kind"] == kind && document["metadata"]["name"] == name);
    let document = found.next().unwrap_or_else(|| panic!("the chart has no {kind} {name}"));
    assert_eq!(found.next(), None, "the chart has two of {kind} {name}");
    document
}

fn strings(list: &Value) -> Vec<String> {
    serde_json::from_value(list.clone()).expect("a list of words")
}

/// What a role grants. A rule that holds for some names only would grant less than it seems, so it must not be there.
fn granted(role: &Value) -> BTreeSet<Grant> {
    let mut grants = BTreeSet::new();
    for rule in role["rules"].as_array().expect("a role has rules") {
        assert_eq!(rule.get("resourceNames"), None, "{rule}");
        let mut verbs = strings(&rule["verbs"]);
        verbs.sort();
        for group in strings(&rule["apiGroups"]) {
            for resource in strings(&rule["resources"]) {
                assert!(grants.insert((group.clone(), resource, verbs.clone())), "granted twice: {rule}");
            }
        }
    }
    grants
}

fn needed(reach: Reach) -> BTreeSet<Grant> {
    PERMISSIONS
        .iter()
        .filter(|permission| permission.reach == reach)
        .map(|permission| {
            let mut verbs: Vec<String> = permission.verbs.iter().map(ToString::to_string).collect();
            verbs.sort();
            (permission.group.to_owned(), permission.resource.to_owned(), verbs)
        })
        .collect()
}

#[test]
fn roles_grant_exactly_what_the_operator_does() {
    for (name, render) in RENDERS {
        let documents = documents(render);
        for (kind, reach) in [("ClusterRole", Reach::Cluster), ("Role", Reach::OwnNamespace)] {
            let granted = granted(find(&documents, kind, OPERATOR));
            let needed = needed(reach);
            let missing: Vec<_> = needed.difference(&granted).collect();
            let idle: Vec<_> = granted.difference(&needed).collect();
            assert!(
                missing.is_empty() && idle.is_empty(),
                "{kind} of the render `{name}`: not granted: {missing:?}; granted without need: {idle:?}"
            );
        }
    }
}

#[test]
fn roles_are_bound_to_the_account_that_the_operator_runs_as() {
    for (_, render) in RENDERS {
        let documents = documents(render);
        let deployment = find(&documents, "Deployment", OPERATOR);
        let account = &deployment["spec"]["template"]["spec"]["serviceAccountName"];
        let namespace = &deployment["metadata"]["namespace"];
        let subject = &find(&documents, "ServiceAccount", account.as_str().unwrap())["metadata"];
        assert_eq!(&subject["namespace"], namespace);
        for (binding, role) in [("ClusterRoleBinding", "ClusterRole"), ("RoleBinding", "Role")] {
            let binding = find(&documents, binding, OPERATOR);
            assert_eq!(binding["roleRef"]["kind"], role);
            assert_eq!(binding["roleRef"]["name"], OPERATOR);
            let subjects = binding["subjects"].as_array().unwrap();
            assert_eq!(subjects.len(), 1);
            assert_eq!((&subjects[0]["name"], &subjects[0]["namespace"]), (account, namespace));
        }
    }
}

#[test]
fn regions_are_what_an_api_server_and_the_operator_accept() {
    for (name, render) in RENDERS {
        let documents = documents(render);
        let mut regions = documents.iter().filter(|document| document["kind"] == "Region");
        let region = regions.next().unwrap_or_else(|| panic!("the render `{name}` has no Region"));
        assert_eq!(regions.next(), None);
        assert_eq!(partita_api::validate(region, None), [], "the render `{name}`");
        let read: Region = serde_json::from_value(region.clone()).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(
            written["spec"], region["spec"],
            "the render `{name}` names a field that is not of the kind"
        );
    }
}
