//! Things that go wrong while applications write.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::lab::{Lab, NAMESPACE, NODE, now};
use crate::settings::manifest;

/// How long a load runs after a fault is over, so that clients are seen to work again.
const AFTERMATH: Duration = Duration::from_secs(3);
/// How long a load runs without an operator.
const WITHOUT_OPERATOR: Duration = Duration::from_secs(10);

/// Runs a load while `fault` happens. Nothing acknowledged may be lost, and clients must work again by themselves.
fn under_load(lab: &Lab, table: &str, fault: impl FnOnce() -> Result<()>) -> Result<Value> {
    lab.apply(&manifest(table, &json!({})))?;
    lab.wait("condition=Ready", &[&format!("table/{table}")])?;
    let access = lab.access()?;
    let items = || -> Result<u64> {
        let count =
            lab.aws(&access, &["scan", "--table-name", table, "--select", "COUNT", "--consistent-read"])?;
        Ok(count["Count"].as_u64().unwrap_or_default())
    };
    let load = lab.load(&access, table, table)?;
    lab.eventually("the load's first writes", || Ok(items()? > 50))?;
    let begin = now();
    fault()?;
    lab.wait("condition=Ready", &["-n", NAMESPACE, &format!("pod/{NODE}")])?;
    let took = begin.elapsed();
    let before = items()?;
    lab.eventually("writes after the fault", || Ok(items()? > before))?;
    lab.steadily("the service answers", AFTERMATH, || Ok(items()? > 0))?;
    let account = load.end()?;
    eprintln!("          serving again after {:.1} s; {account}", took.as_secs_f64());
    ensure!(account["acknowledged"].as_u64() > Some(100), "the load did little: {account}");
    Ok(account)
}

fn uid(lab: &Lab) -> Result<Value> {
    lab.field(&["-n", NAMESPACE, "pod", NODE], "/metadata/uid")
}

fn restarts(lab: &Lab) -> Result<u64> {
    let count = lab.field(&["-n", NAMESPACE, "pod", NODE], "/status/containerStatuses/0/restartCount")?;
    Ok(count.as_u64().unwrap_or_default())
}

/// SIGKILL to the process: kubelet starts it again in the same pod.
pub(crate) fn node_process_killed(lab: &Lab) -> Result<()> {
    let before = restarts(lab)?;
    under_load(lab, "killed-process", || {
        lab.kill_container(NODE)?;
        lab.eventually("kubelet to start it again", || Ok(restarts(lab)? > before))
    })
    .map(drop)
}

/// As a drain or a person does it: the node flushes and ends, the operator makes another.
pub(crate) fn pod_deleted(lab: &Lab) -> Result<()> {
    let before = uid(lab)?;
    let account = under_load(lab, "deleted-pod", || {
        lab.kubectl_ok(&["-n", NAMESPACE, "delete", "pod", NODE, "--wait=false"])?;
        lab.eventually("another pod", || {
            let now = uid(lab)?;
            Ok(now.is_string() && now != before)
        })
    })?;
    // It says goodbye and the next is there at once: the retries of most calls outlast that.
    ensure!(account["unknown"].as_u64() < Some(20), "many calls failed although clients retry: {account}");
    Ok(())
}

/// Without a chance to flush.
pub(crate) fn pod_killed(lab: &Lab) -> Result<()> {
    let before = uid(lab)?;
    under_load(lab, "killed-pod", || {
        lab.kubectl_ok(&[
            "-n",
            NAMESPACE,
            "delete",
            "pod",
            NODE,
            "--force",
            "--grace-period=0",
            "--wait=false",
        ])?;
        lab.eventually("another pod", || {
            let now = uid(lab)?;
            Ok(now.is_string() && now != before)
        })
    })
    .map(drop)
}

/// The operator is needed for changes only.
pub(crate) fn operator_gone(lab: &Lab) -> Result<()> {
    let access = lab.access()?;
    let account = under_load(lab, "operator-gone", || {
        lab.kubectl_ok(&["-n", NAMESPACE, "scale", "deployment/partita-operator", "--replicas=0"])?;
        lab.eventually("no operator", || {
            let labels = "app.kubernetes.io/component=operator";
            Ok(lab.kubectl_ok(&["-n", NAMESPACE, "get", "pods", "-l", labels, "-o", "name"])?.is_empty())
        })?;
        let table = "operator-gone";
        lab.steadily("tables are described and listed", WITHOUT_OPERATOR, || {
            let described = lab.aws(&access, &["describe-table", "--table-name", table])?;
            let listed = lab.aws(&access, &["list-tables"])?;
            Ok(described["Table"]["TableStatus"] == "ACTIVE"
                && listed["TableNames"].to_string().contains(table))
        })
    })?;
    ensure!(account["unknown"] == 0, "somebody noticed: {account}");
    // A change waits for the operator, and says so.
    let mut update = lab.aws_command(
        &access,
        &["update-table", "--table-name=operator-gone", "--deletion-protection-enabled"],
    );
    let refused = crate::lab::finished(update.env("AWS_MAX_ATTEMPTS", "1"))?;
    ensure!(!refused.success && refused.stderr.contains("InternalServerError"), "{}", refused.stderr);
    lab.kubectl_ok(&["-n", NAMESPACE, "scale", "deployment/partita-operator", "--replicas=1"])?;
    lab.kubectl_ok(&["-n", NAMESPACE, "rollout", "status", "deployment/partita-operator", "--timeout=60s"])?;
    lab.eventually("changes to be taken again", || {
        let mut update = lab.aws_command(
            &access,
            &["update-table", "--table-name=operator-gone", "--deletion-protection-enabled"],
        );
        Ok(crate::lab::finished(&mut update)?.success)
    })?;
    lab.aws(&access, &["update-table", "--table-name=operator-gone", "--no-deletion-protection-enabled"])
        .map(drop)
}
