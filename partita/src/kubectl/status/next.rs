//! What to do next: one line for each thing that is wrong, in the order in which they cause each other.

use super::report::{ObjectReport, RegionReport, Report};
use crate::kinds::Kind;

/// Objects for which a command is given; the others are in the same state or need the same look.
const OBJECTS_MAX: usize = 3;

/// Never empty.
pub(super) fn next_steps(report: &Report) -> Vec<String> {
    if !report.kinds_installed {
        return vec![
            "install the chart partita-crds, then the chart partita: the cluster does not know our kinds"
                .into(),
        ];
    }
    if report.regions.is_empty() {
        return vec!["install the chart partita: there is no Region, and it makes one".into()];
    }
    let mut steps = Vec::new();
    steps.extend(about_operator(report));
    steps.extend(report.regions.iter().filter(|region| !region.ready).map(about_region));
    if steps.is_empty() {
        // Otherwise they most likely wait for the above.
        let mappings = &report.event_source_mappings.not_ready;
        steps.extend(report.tables.not_ready.iter().chain(mappings).take(OBJECTS_MAX).map(about_object));
    }
    if steps.is_empty() {
        steps.push("eval \"$(kubectl partita env)\" sets a shell up for the AWS CLI and SDKs".to_owned());
    }
    steps
}

fn about_operator(report: &Report) -> Option<String> {
    let known = report.regions.iter().find_map(|region| region.namespace.as_deref());
    match &report.operator {
        Some(operator) if operator.alive => None,
        Some(operator) => Some(about_absent_operator(&operator.namespace)),
        None => Some(known.map_or_else(
            || "name the operator's namespace with -n: no Region says it yet".to_owned(),
            about_absent_operator,
        )),
    }
}

fn about_absent_operator(namespace: &str) -> String {
    format!(
        "kubectl -n {namespace} get pods -l app.kubernetes.io/component=operator shows why no operator leads; \
         items are served without one, changes of tables wait"
    )
}

fn about_region(region: &RegionReport) -> String {
    let troubled = region.nodes.iter().find(|node| !node.ready);
    match (troubled, &region.namespace) {
        (Some(node), Some(namespace)) if node.restarts > 0 => {
            format!("kubectl -n {namespace} logs {} --previous tells why the node ended", node.name)
        }
        (Some(node), Some(namespace)) => {
            format!("kubectl -n {namespace} describe pod {} tells what the node waits for", node.name)
        }
        _ => format!("kubectl describe region.partita.dev {} tells what the Region waits for", region.name),
    }
}

fn about_object(object: &ObjectReport) -> String {
    let ObjectReport { kind, namespace, name, .. } = object;
    let what = match kind {
        Kind::Table => "table",
        Kind::EventSourceMapping => "mapping",
    };
    format!("kubectl -n {namespace} describe {} {name} tells what the {what} waits for", kind.resource())
}
