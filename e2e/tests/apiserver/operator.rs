//! The built operator against a real API server. The test plays kubelet: it starts the node as the pod says, and reports it ready.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use partita_cluster::Cluster;
use partita_e2e::{binary, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{apply, install_crds, kubectl, kubectl_ok, kubectl_with};

const NAMESPACE: &str = "partita-system";
const POD: &str = "partita-default-node-0";
/// Where the node of this test listens: an address of the loopback of its own, as a pod has one of its own.
const POD_IP: &str = "127.0.0.2";
const CONTROL: &str = "127.0.0.1:8081";
/// Longer than a resync of a settled object takes to come.
const QUIET: Duration = Duration::from_secs(35);

/// A process of the test; killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub(crate) fn check(cluster: &Cluster) -> Result<()> {
    let folder = TempDir::new()?;
    install_crds(cluster)?;
    kubectl_ok(cluster, &["create", "namespace", NAMESPACE])?;
    // The controller manager would make it.
    kubectl(cluster, &["-n", NAMESPACE, "create", "serviceaccount", "default"])?;
    let operator = start_operator(cluster, folder.path())?;
    apply(cluster, &region())?;
    apply(cluster, &table("early"))?;
    waits_for_a_region(cluster)?;
    let node = play_kubelet(cluster, folder.path())?;
    ready(cluster, "region/default")?;
    ready(cluster, "table/early")?;
    apply(cluster, &mapping())?;
    eventually("the mapping to wait for its table", || {
        Ok(reason(&get(cluster, &["eventsourcemapping", "sink"])?) == Some("ReferenceNotFound".to_owned()))
    })?;
    apply(cluster, &table("orders"))?;
    ready(cluster, "table/orders")?;
    ready(cluster, "eventsourcemapping/sink")?;
    quiet(cluster)?;
    let operator = restarted_operator_is_quiet(cluster, operator, folder.path())?;
    kubectl_ok(cluster, &["delete", "eventsourcemapping", "sink", "--timeout=30s"])?;
    kubectl_ok(cluster, &["delete", "table", "orders", "early", "--timeout=30s"])?;
    drop((operator, node));
    Ok(())
}

fn start_operator(cluster: &Cluster, folder: &Path) -> Result<Process> {
    let mut command: Command = cluster.command(binary()?);
    command
        .args(["operator", "--namespace", NAMESPACE, "--image", "partita:test", "--listen", CONTROL])
        .args(["--control-endpoint", &format!("http://{CONTROL}"), "--data"])
        .arg(folder.join("catalog"))
        .env("POD_NAME", "operator-of-the-test")
        .stderr(std::fs::OpenOptions::new().create(true).append(true).open(folder.join("operator.log"))?);
    Ok(Process(command.spawn().context("cannot start the operator")?))
}

fn region() -> String {
    json!({
        "apiVersion": "partita.dev/v1", "kind": "Region", "metadata": {"name": "default"},
        "spec": {"regionName": "us-east-1", "accountID": "000000000000", "objectStore": {"type": "Volume"}},
    })
    .to_string()
}

fn table(name: &str) -> String {
    json!({
        "apiVersion": "partita.dev/v1", "kind": "Table", "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "tableName": name, "billingMode": "PAY_PER_REQUEST",
            "attributeDefinitions": [{"attributeName": "pk", "attributeType": "S"}],
            "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
            "streamSpecification": {"streamEnabled": true, "streamViewType": "NEW_IMAGE"},
        },
    })
    .to_string()
}

/// Of the table `orders`, to a Service that nobody calls, as nothing is written.
fn mapping() -> String {
    json!({
        "apiVersion": "partita.dev/v1", "kind": "EventSourceMapping",
        "metadata": {"name": "sink", "namespace": "default"},
        "spec": {
            "tableRef": {"from": {"name": "orders"}}, "startingPosition": "LATEST",
            "target": {"service": {"name": "sink", "port": 8080}},
        },
    })
    .to_string()
}

/// The reason of `Ready`.
fn reason(object: &Value) -> Option<String> {
    let conditions = object["status"]["conditions"].as_array();
    let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
    ready.and_then(|ready| ready["reason"].as_str()).map(str::to_owned)
}

fn ready(cluster: &Cluster, object: &str) -> Result<()> {
    kubectl_ok(cluster, &["wait", "--for=condition=Ready", "--timeout=60s", object]).map(drop)
}

/// Before a node serves, a table says what it waits for.
fn waits_for_a_region(cluster: &Cluster) -> Result<()> {
    eventually("a condition of the early table", || {
        let table = get(cluster, &["table", "early"])?;
        let condition =
            table["status"]["conditions"].as_array().into_iter().flatten().find(|c| c["type"] == "Ready");
        Ok(condition
            .is_some_and(|condition| condition["status"] == "False" && condition["reason"].is_string()))
    })
}

fn get(cluster: &Cluster, arguments: &[&str]) -> Result<Value> {
    let all = [&["get", "-o", "json"], arguments].concat();
    Ok(serde_json::from_str(&kubectl_ok(cluster, &all)?)?)
}

/// Starts what the pod says, with its mounts as folders, and reports it as kubelet would.
fn play_kubelet(cluster: &Cluster, folder: &Path) -> Result<Process> {
    eventually("the node's pod", || Ok(kubectl(cluster, &["-n", NAMESPACE, "get", "pod", POD])?.success))?;
    let pod = get(cluster, &["-n", NAMESPACE, "pod", POD])?;
    let mut places = Vec::new();
    for mount in pod["spec"]["containers"][0]["volumeMounts"].as_array().context("the node has mounts")? {
        let (name, path) =
            (mount["name"].as_str().context("name")?, mount["mountPath"].as_str().context("path")?);
        let place = folder.join("mounts").join(name);
        std::fs::create_dir_all(&place)?;
        fill(cluster, &pod, name, &place)?;
        places.push((path.to_owned(), place.to_string_lossy().into_owned()));
    }
    let container = &pod["spec"]["containers"][0];
    let arguments = container["args"].as_array().context("the node has arguments")?;
    let arguments = arguments.iter().filter_map(Value::as_str).map(|argument| {
        let argument = argument.replace("0.0.0.0", POD_IP);
        let place = places.iter().find(|(path, _)| argument.starts_with(path.as_str()));
        place.map_or(argument.clone(), |(path, place)| argument.replace(path.as_str(), place))
    });
    let mut command: Command = cluster.command(binary()?);
    command.args(arguments);
    for variable in container["env"].as_array().into_iter().flatten() {
        if let (Some(name), Some(value)) = (variable["name"].as_str(), variable["value"].as_str()) {
            command.env(name, value);
        }
    }
    let process = Process(command.spawn().context("cannot start the node")?);
    report_ready(cluster)?;
    Ok(process)
}

/// Fills a mounted folder from its Secret; other volumes are empty at first.
fn fill(cluster: &Cluster, pod: &Value, volume: &str, place: &Path) -> Result<()> {
    let volumes = pod["spec"]["volumes"].as_array().context("the pod has volumes")?;
    let volume =
        volumes.iter().find(|candidate| candidate["name"] == volume).context("a mount has a volume")?;
    let Some(secret) = volume["secret"]["secretName"].as_str() else { return Ok(()) };
    let secret = get(cluster, &["-n", NAMESPACE, "secret", secret])?;
    for (name, _) in secret["data"].as_object().into_iter().flatten() {
        let template = format!("go-template={{{{index .data \"{name}\" | base64decode}}}}");
        let secret = secret["metadata"]["name"].as_str().context("name")?;
        let value = kubectl_ok(cluster, &["-n", NAMESPACE, "get", "secret", secret, "-o", &template])?;
        std::fs::write(place.join(name), value)?;
    }
    Ok(())
}

fn report_ready(cluster: &Cluster) -> Result<()> {
    let condition = |kind: &str| json!({"type": kind, "status": "True"});
    let status = json!({"status": {
        "phase": "Running", "podIP": POD_IP, "podIPs": [{"ip": POD_IP}],
        "conditions": [condition("Ready"), condition("ContainersReady"), condition("PodScheduled"), condition("Initialized")],
        "containerStatuses": [{
            "name": "node", "image": "partita:test", "imageID": "", "ready": true, "restartCount": 0, "started": true,
            "state": {"running": {}},
        }],
    }});
    let text = status.to_string();
    kubectl_ok(
        cluster,
        &["-n", NAMESPACE, "patch", "pod", POD, "--subresource=status", "--type=merge", "-p", &text],
    )
    .map(drop)
}

/// Writes that the API server has answered, but for leases, which are renewed all the time, and events.
fn writes(cluster: &Cluster) -> Result<u64> {
    let metrics = kubectl_ok(cluster, &["get", "--raw", "/metrics"])?;
    let counted = metrics.lines().filter(|line| {
        line.starts_with("apiserver_request_total{")
            && ["POST", "PUT", "PATCH", "APPLY", "DELETE"]
                .iter()
                .any(|verb| line.contains(&format!("verb=\"{verb}\"")))
            && [
                "tables",
                "eventsourcemappings",
                "regions",
                "pods",
                "services",
                "persistentvolumeclaims",
                "secrets",
            ]
            .iter()
            .any(|resource| line.contains(&format!("resource=\"{resource}\"")))
    });
    counted
        .map(|line| {
            let count = line.rsplit(' ').next().context("a metric has a value")?;
            Ok(count.parse::<f64>()? as u64)
        })
        .sum()
}

/// A settled installation causes no write, resync after resync.
fn quiet(cluster: &Cluster) -> Result<()> {
    // What is counted now and then is told later than what changed.
    kubectl_ok(cluster, &["wait", "--for=jsonpath={.status.tables}=2", "--timeout=90s", "region/default"])?;
    let mut before = 0;
    eventually("the last write of what is on its way", || {
        let now = writes(cluster)?;
        std::thread::sleep(Duration::from_secs(1));
        let settled = now == before;
        before = now;
        Ok(settled)
    })?;
    ensure!(before > 0, "the metrics count writes");
    // What must not happen is looked for as long as it would take to happen.
    std::thread::sleep(QUIET);
    let after = writes(cluster)?;
    ensure!(after == before, "{} writes although nothing changed", after - before);
    Ok(())
}

/// Nor does an operator that starts again over the same objects.
fn restarted_operator_is_quiet(cluster: &Cluster, operator: Process, folder: &Path) -> Result<Process> {
    let before = writes(cluster)?;
    drop(operator);
    let operator = start_operator(cluster, folder)?;
    // It works again: a change is acted upon.
    let tagged = table("orders")
        .replace("\"billingMode\"", "\"tags\":[{\"key\":\"a\",\"value\":\"b\"}],\"billingMode\"");
    let done = kubectl_with(cluster, &["apply", "--server-side", "-f", "-"], &tagged)?;
    ensure!(done.success, "{}", done.text);
    eventually("the change to be acted upon", || {
        let object = get(cluster, &["table", "orders"])?;
        Ok(object["status"]["observedGeneration"] == object["metadata"]["generation"])
    })?;
    let after = writes(cluster)?;
    // The test's own apply, and one status for it, which may take a step and its end.
    ensure!(after - before <= 3, "{} writes for one change", after - before);
    Ok(operator)
}
