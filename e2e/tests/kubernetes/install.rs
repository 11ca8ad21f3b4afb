//! From an empty cluster to the first answer.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::lab::{Lab, NAMESPACE, NODE, finished, now};

/// The promise of the README, once images are there.
const FIRST_ANSWER_MAX: Duration = Duration::from_secs(60);

/// What a chart needs to know about this cluster: where the image is.
pub(crate) const IMAGE: [&str; 4] =
    ["--set", "image.registry=localhost,image.tag=dev", "--set", "image.repository=partita"];

pub(crate) fn helm_install(lab: &Lab, more: &[&str]) -> Result<()> {
    let chart = Lab::project("charts/partita");
    let chart = chart.to_string_lossy();
    let mut arguments = vec!["install", "partita", &chart, "--namespace", NAMESPACE, "--create-namespace"];
    arguments.extend(IMAGE);
    arguments.extend(more);
    lab.helm(&arguments).map(drop)
}

pub(crate) fn answers_within_a_minute(lab: &Lab) -> Result<()> {
    let begin = now();
    // No values but the place of the image.
    helm_install(lab, &[])?;
    first_answer(lab)?;
    let took = begin.elapsed();
    eprintln!("          first answer {:.1} s after helm install began", took.as_secs_f64());
    ensure!(took < FIRST_ANSWER_MAX, "the first answer took {took:?}");
    Ok(())
}

/// Waits until a signed request is answered.
pub(crate) fn first_answer(lab: &Lab) -> Result<()> {
    lab.eventually("the first access key", || {
        let secret = lab.kubectl(&["-n", NAMESPACE, "get", "secret", "partita-default-access-key"])?;
        Ok(secret.success)
    })?;
    lab.eventually("a name of the secret in the status", || {
        Ok(lab.field(&["region", "default"], "/status/accessKeySecretName")?.is_string())
    })?;
    lab.eventually("the Service", || {
        Ok(lab.kubectl(&["-n", NAMESPACE, "get", "service", "partita-default"])?.success)
    })?;
    let access = lab.access()?;
    lab.eventually("an answer", || {
        let mut command = lab.aws_command(&access, &["list-tables", "--cli-connect-timeout", "1"]);
        command.env("AWS_MAX_ATTEMPTS", "1");
        Ok(finished(&mut command)?.success)
    })
}

pub(crate) fn the_region_is_shown(lab: &Lab) -> Result<()> {
    lab.wait("condition=Ready", &["region/default"])?;
    let shown = lab.kubectl_ok(&["get", "prg"])?;
    for part in ["REGION", "READY", "NODES", "STORE", "AGE", "us-east-1", "True", "1/1", "Volume"] {
        ensure!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    let region = lab.get(&["region", "default"])?.context("there is a Region")?;
    ensure!(
        region["status"]["endpoint"] == format!("http://partita-default.{NAMESPACE}.svc:8000"),
        "{region}"
    );
    let spec = lab.get(&["-n", NAMESPACE, "pod", NODE])?.context("there is a node")?["spec"].clone();
    let security = &spec["containers"][0]["securityContext"];
    ensure!(security["readOnlyRootFilesystem"] == true, "{spec}");
    ensure!(security["capabilities"]["drop"][0] == "ALL", "{spec}");
    // The strictest standard that Kubernetes has takes both pods.
    let label = "pod-security.kubernetes.io/enforce=restricted";
    let verdict =
        lab.kubectl(&["label", "--dry-run=server", "--overwrite", "namespace", NAMESPACE, label])?;
    ensure!(verdict.success && !verdict.stderr.contains("violate"), "{}", verdict.stderr);
    Ok(())
}

pub(crate) fn helm_test(lab: &Lab) -> Result<()> {
    lab.helm(&["test", "partita", "--namespace", NAMESPACE, "--timeout", "60s"]).map(drop)
}
