//! The main job on a real Kubernetes, from `helm install` to `helm uninstall`.
//!
//! One cluster, one scenario: each step begins where the one before ended, and is printed with its time. A step is a function of its
//! module; [`STEPS`] is the table of contents.

#![expect(clippy::print_stderr, reason = "a long scenario shows where it is")]

mod access;
mod bucket;
mod deletion;
mod faults;
mod install;
mod lab;
mod mappings;
mod ownership;
mod rules;
mod settings;
mod uninstall;

use anyhow::{Context as _, Result};
use lab::Lab;

type Step = (&'static str, fn(&Lab) -> Result<()>);

const STEPS: &[Step] = &[
    ("helm install answers within a minute", install::answers_within_a_minute),
    ("the Region is Ready and kubectl shows it", install::the_region_is_shown),
    ("helm test passes", install::helm_test),
    ("a Table becomes ACTIVE, and kubectl wait sees it", settings::a_table_becomes_active),
    ("boto3 and the AWS CLI work from a pod", access::from_a_pod),
    ("boto3 and the AWS CLI work through a port-forward", access::through_a_port_forward),
    ("kubectl partita status tells how things are", access::plugin_status),
    ("unsigned and wrongly signed requests are refused", access::only_signed),
    ("access keys come and go with their Secrets", access::keys_come_and_go),
    ("every mutable field is seen in DescribeTable", settings::mutable_fields),
    ("what cannot be acted upon is said", settings::unsupported_fields),
    ("a table of the API is adopted by a manifest", ownership::adoption),
    ("two objects cannot manage one table", ownership::conflict),
    ("manifests with faults are refused at apply", rules::refused),
    ("manifests for ACK's Table become tables", rules::ack),
    ("a put reaches a function in the cluster", mappings::a_put_reaches_a_function),
    ("a settled installation causes no write", settings::settled),
    ("a node killed under load loses nothing", faults::node_process_killed),
    ("a pod deleted under load loses nothing", faults::pod_deleted),
    ("a pod killed under load loses nothing", faults::pod_killed),
    ("nobody notices that the operator is gone", faults::operator_gone),
    ("deletion protection waits visibly", deletion::protection),
    ("Delete deletes the table, Retain keeps it", deletion::policies),
    ("uninstalling keeps what Retain keeps", uninstall::keeps),
    ("installing again finds everything", uninstall::finds_again),
    ("uninstalling with Delete leaves nothing", uninstall::leaves_nothing),
    ("an S3 bucket is the store", bucket::serves),
    ("a node of a bucket is replaced without loss", bucket::pod_killed),
    ("uninstalling leaves the bucket's objects", bucket::uninstall),
];

#[test]
fn the_main_job_on_kubernetes() -> Result<()> {
    let begin = lab::now();
    let lab = Lab::start()?;
    eprintln!("{:6.1} s  the cluster is up", begin.elapsed().as_secs_f64());
    for (number, (name, step)) in STEPS.iter().enumerate() {
        let start = lab::now();
        let outcome = step(&lab);
        let (took, verdict) = (start.elapsed().as_secs_f64(), if outcome.is_ok() { "ok  " } else { "FAIL" });
        eprintln!("{took:6.1} s  {verdict} {:2}/{} {name}", number + 1, STEPS.len());
        if outcome.is_err() {
            eprintln!("{}", lab.explain());
        }
        outcome.with_context(|| format!("step {}: {name}", number + 1))?;
    }
    eprintln!("{} passed, 0 failed in {:.0} s", STEPS.len(), begin.elapsed().as_secs_f64());
    Ok(())
}
