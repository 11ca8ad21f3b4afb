//! The report for people.

use super::report::{ConditionReport, ObjectsReport, OperatorReport, RegionReport, Report};
use crate::kubectl::objects::Node;

/// Width of the column of labels.
const LABEL: usize = 15;

/// Ends with a line break.
pub(super) fn text(report: &Report) -> String {
    let mut paragraphs: Vec<String> = report.regions.iter().map(about_region).collect();
    if !report.regions.is_empty() {
        let operator = line("operator", &about_operator(report.operator.as_ref()));
        let mappings = &report.event_source_mappings;
        // Most installations have none, and nothing is wrong with that.
        let mappings = if mappings.total == 0 { String::new() } else { about_objects("mappings", mappings) };
        paragraphs.push(operator + &about_objects("tables", &report.tables) + &mappings);
    }
    let steps = report.next.iter().enumerate();
    paragraphs.push(steps.map(|(n, step)| line(if n == 0 { "next" } else { "" }, step)).collect());
    paragraphs.join("\n")
}

fn about_region(region: &RegionReport) -> String {
    let mut text = format!("Region {}: {}, account {}\n", region.name, region.region_name, region.account_id);
    for condition in &region.conditions {
        text += &line(&format!("  {}", condition.type_), &in_words(condition));
    }
    text += &line("  store", &region.store);
    text += &line("  endpoint", region.endpoint.as_deref().unwrap_or("none yet"));
    let keys = region.access_keys.map_or_else(|| "none yet".to_owned(), |keys| keys.to_string());
    text += &line("  access keys", &keys);
    let ready = region.nodes.iter().filter(|node| node.ready).count();
    text += &line("  nodes", &format!("{ready} of {} ready", region.nodes.len()));
    region.nodes.iter().for_each(|node| text += &line("", &about_node(node)));
    text
}

fn in_words(condition: &ConditionReport) -> String {
    let ConditionReport { status, reason, message, .. } = condition;
    match (status.as_str(), message.is_empty()) {
        ("True", true) => reason.clone(),
        ("True", false) => message.clone(),
        ("False", _) => format!("no, {reason}: {message}"),
        (_, _) => format!("unknown: {message}"),
    }
}

fn about_node(node: &Node) -> String {
    let state = match (node.ready, node.phase.as_deref()) {
        (true, _) => "ready",
        (false, Some(phase)) => phase,
        (false, None) => "not there",
    };
    let address = node.pod_ip.as_deref().unwrap_or("no address");
    let restarts = match node.restarts {
        0 => String::new(),
        1 => ", restarted once".to_owned(),
        many => format!(", restarted {many} times"),
    };
    format!("{}: {state}, {address}{restarts}", node.name)
}

fn about_operator(operator: Option<&OperatorReport>) -> String {
    match operator {
        None => "nobody leads".to_owned(),
        Some(OperatorReport { namespace, name, alive: true, .. }) => format!("{name} in {namespace} leads"),
        Some(OperatorReport { namespace, name, silent_seconds, .. }) => {
            format!("nobody leads; {name} in {namespace} was last heard of {silent_seconds} s ago")
        }
    }
}

fn about_objects(label: &str, objects: &ObjectsReport) -> String {
    let counts: Vec<String> =
        objects.by_status.iter().map(|(status, number)| format!("{number} {status}")).collect();
    let all = if counts.is_empty() { "none declared".to_owned() } else { counts.join(", ") };
    let mut text = line(label, &all);
    for object in &objects.not_ready {
        let message = if object.message.is_empty() { &object.reason } else { &object.message };
        text += &line("", &format!("{}/{}: {}: {message}", object.namespace, object.name, object.reason));
    }
    text
}

fn line(label: &str, value: &str) -> String {
    format!("{label:<LABEL$}{value}\n")
}
