//! Ways in: from a pod, through a port-forward, with which keys.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::lab::{Access, Lab, NAMESPACE, expect, finished};

/// A pod of an application: the suite's Python with boto3 and the AWS CLI, and the access key's Secret as its environment.
fn client_pod(lab: &Lab) -> Result<Value> {
    let key = |field: &str| json!({"secretKeyRef": {"name": "partita-default-access-key", "key": field}});
    let environment = json!([
        {"name": "AWS_ENDPOINT_URL_DYNAMODB", "value": format!("http://partita-default.{NAMESPACE}.svc:8000")},
        {"name": "AWS_REGION", "value": "us-east-1"}, {"name": "AWS_DEFAULT_REGION", "value": "us-east-1"},
        {"name": "AWS_ACCESS_KEY_ID", "valueFrom": key("accessKeyID")},
        {"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": key("secretAccessKey")},
        {"name": "AWS_EC2_METADATA_DISABLED", "value": "true"},
        {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}, {"name": "HOME", "value": "/tmp"},
    ]);
    python_pod(lab, "client", &["-c", "import time; time.sleep(3600)"], &environment)
}

/// A pod that runs the suite's Python, which it finds where the suite does, as it does its scripts.
pub(crate) fn python_pod(lab: &Lab, name: &str, arguments: &[&str], environment: &Value) -> Result<Value> {
    let home = lab.python_home()?;
    let scripts = Lab::project("e2e/kubernetes").canonicalize()?;
    let mut base = lab.program(&home.join("bin/python").to_string_lossy(), &["-c"]);
    let base = expect(base.arg("import sys; print(sys.base_prefix)"))?;
    // The environment stands on a Python that may be the system's or lie anywhere else.
    let mut folders = vec![PathBuf::from("/usr"), home.clone(), scripts];
    if !base.starts_with("/usr") {
        folders.push(base.into());
    }
    let volumes: Vec<Value> = folders
        .iter()
        .enumerate()
        .map(|(n, path)| json!({"name": format!("host-{n}"), "hostPath": {"path": path}}))
        .collect();
    let mounts: Vec<Value> = folders
        .iter()
        .enumerate()
        .map(|(n, path)| json!({"name": format!("host-{n}"), "mountPath": path, "readOnly": true}))
        .collect();
    let python = home.join("bin/python");
    let command: Vec<_> = std::iter::once(&*python.to_string_lossy())
        .chain(arguments.iter().copied())
        .map(str::to_owned)
        .collect();
    Ok(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "volumes": volumes,
            "containers": [{
                "name": name, "image": "localhost/base:dev", "imagePullPolicy": "Never", "volumeMounts": mounts,
                "command": command, "env": environment,
            }],
        },
    }))
}

pub(crate) fn from_a_pod(lab: &Lab) -> Result<()> {
    lab.apply(&client_pod(lab)?.to_string())?;
    lab.wait("condition=Ready", &["-n", NAMESPACE, "pod/client"])?;
    let home = lab.python_home()?;
    let (python, aws) = (home.join("bin/python"), home.join("bin/aws"));
    let script = Lab::project("e2e/kubernetes/smoke.py").canonicalize()?;
    let (python, aws, script) = (python.to_string_lossy(), aws.to_string_lossy(), script.to_string_lossy());
    let inside = ["-n", NAMESPACE, "exec", "client", "--"];
    let run = |command: &[&str]| lab.kubectl_ok(&[&inside[..], command].concat());
    let said = run(&[&python, &script, "orders"])?;
    ensure!(said.contains("smoke passed"), "{said}");
    let listed = run(&[&python, &aws, "dynamodb", "list-tables", "--output", "json"])?;
    ensure!(listed.contains("orders"), "{listed}");
    lab.kubectl_ok(&["-n", NAMESPACE, "delete", "pod", "client", "--wait=false"]).map(drop)
}

/// A `kubectl port-forward`; ended when dropped.
struct Forward {
    child: Child,
    port: u16,
    /// Held open: it prints more, and ends when nobody listens.
    _output: BufReader<ChildStdout>,
}

impl Forward {
    fn start(lab: &Lab) -> Result<Self> {
        let mut command =
            lab.program("kubectl", &["-n", NAMESPACE, "port-forward", "service/partita-default", ":8000"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().context("stdout is piped")?);
        output.read_line(&mut line)?;
        // "Forwarding from 127.0.0.1:40123 -> 8000"
        let port = line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split_whitespace().next());
        let port = port.with_context(|| format!("kubectl port-forward said `{line}`"))?.parse()?;
        Ok(Self { child, port, _output: output })
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What `kubectl partita env` prints is what a shell needs.
pub(crate) fn through_a_port_forward(lab: &Lab) -> Result<()> {
    let forward = Forward::start(lab)?;
    let port = forward.port.to_string();
    let printed = lab.kubectl_ok(&["partita", "env", "--port", &port])?;
    let mut shell = lab.program("sh", &["-e", "-c"]);
    let (home, script) = (lab.python_home()?, Lab::project("e2e/kubernetes/smoke.py").canonicalize()?);
    let (bin, script) = (home.join("bin"), script);
    shell.arg(format!(
        "{printed}\n{bin}/python -B {script} orders\n{bin}/aws dynamodb list-tables --output json",
        bin = bin.display(),
        script = script.display()
    ));
    let said = expect(&mut shell)?;
    ensure!(said.contains("smoke passed") && said.contains("orders"), "{said}");
    ensure!(printed.contains(&format!("127.0.0.1:{port}")), "{printed}");
    Ok(())
}

pub(crate) fn plugin_status(lab: &Lab) -> Result<()> {
    let status = lab.kubectl_ok(&["partita", "status"])?;
    for part in ["default", "us-east-1", "Ready", "partita-default-node-0"] {
        ensure!(status.contains(part), "`{part}` is not in\n{status}");
    }
    // Something that is wrong is named, with the object it is wrong with, and scripts can tell.
    let stuck = crate::settings::manifest("stuck", &json!({"adoptionPolicy": "Adopt"}));
    lab.apply(&stuck)?;
    lab.wait("condition=Stalled", &["table/stuck"])?;
    let told = lab.kubectl(&["partita", "status"])?;
    ensure!(
        !told.success && told.stdout.contains("stuck") && told.stdout.contains("NotFound"),
        "{}",
        told.stdout
    );
    lab.kubectl_ok(&["delete", "table", "stuck", "--timeout=30s"]).map(drop)
}

pub(crate) fn only_signed(lab: &Lab) -> Result<()> {
    let access = lab.access()?;
    let strangers = [
        (Access { id: "PARTITASTRANGER00001".into(), ..access.clone() }, "UnrecognizedClientException"),
        (Access { secret: "not/the+secret".into(), ..access.clone() }, "SignatureDoesNotMatch"),
    ];
    for (stranger, wanted) in strangers {
        let refused = finished(&mut lab.aws_command(&stranger, &["list-tables"]))?;
        let known = refused.stderr.contains(wanted) || refused.stderr.contains("InvalidSignatureException");
        ensure!(!refused.success && known, "{}", refused.stderr);
    }
    let unsigned = finished(&mut lab.aws_command(&access, &["list-tables", "--no-sign-request"]))?;
    ensure!(
        !unsigned.success && unsigned.stderr.contains("MissingAuthenticationToken"),
        "{}",
        unsigned.stderr
    );
    Ok(())
}

pub(crate) fn keys_come_and_go(lab: &Lab) -> Result<()> {
    let endpoint = lab.access()?.endpoint;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "shop", "namespace": NAMESPACE, "labels": {"partita.dev/access-key": "true"}},
        "stringData": {"accessKeyID": "PARTITASHOP000000001", "secretAccessKey": "shop/secret+1"},
    });
    lab.apply(&secret.to_string())?;
    let shop = lab.access_of("shop", endpoint)?;
    let admitted = || Ok(finished(&mut lab.aws_command(&shop, &["list-tables"]))?.success);
    lab.eventually("the new key to be taken", admitted)?;
    lab.kubectl_ok(&["-n", NAMESPACE, "delete", "secret", "shop"])?;
    lab.eventually("the key to be revoked", || Ok(!admitted()?))?;
    // The others are still good.
    lab.aws(&lab.access()?, &["list-tables"]).map(drop)
}
