//! Event source mappings: from a table to a function in the cluster.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::access::python_pod;
use crate::lab::{Lab, NAMESPACE, finished};
use crate::settings::{described, manifest};

const TABLE: &str = "texts";
/// The Service of the pod that serves functions, and its name.
const FUNCTIONS: &str = "functions";
const PORT: u16 = 9001;

/// A pod that serves functions, and its Service.
fn functions(lab: &Lab) -> Result<()> {
    let script = Lab::project("e2e/kubernetes/functions.py").canonicalize()?;
    let mut pod = python_pod(lab, FUNCTIONS, &[&script.to_string_lossy(), &PORT.to_string()], &json!([]))?;
    pod["metadata"]["labels"] = json!({"app": FUNCTIONS});
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": FUNCTIONS, "namespace": NAMESPACE},
        "spec": {"selector": {"app": FUNCTIONS}, "ports": [{"port": PORT}]},
    });
    lab.apply(&format!("{pod}\n---\n{service}"))?;
    lab.wait("condition=Ready", &["-n", NAMESPACE, &format!("pod/{FUNCTIONS}")])
}

fn put(lab: &Lab, key: &str) -> Result<()> {
    let item = json!({"pk": {"S": key}, "sk": {"N": "1"}}).to_string();
    lab.aws(&lab.access()?, &["put-item", "--table-name", TABLE, "--item", &item]).map(drop)
}

fn delivered(lab: &Lab, key: &str) -> Result<()> {
    let record = format!(r#"{{"S":"{key}"}}"#);
    lab.eventually(&format!("the function to get {key}"), || {
        let calls = lab.kubectl_ok(&["-n", NAMESPACE, "logs", FUNCTIONS])?;
        Ok(calls.lines().any(|call| call.contains("/functions/indexer/") && call.contains(&record)))
    })
}

/// A mapping is made with the AWS CLI at the node's endpoint, once the Region says where functions are.
pub(crate) fn a_put_reaches_a_function(lab: &Lab) -> Result<()> {
    functions(lab)?;
    let stream = json!({"streamEnabled": true, "streamViewType": "NEW_IMAGE"});
    lab.apply(&manifest(TABLE, &json!({"streamSpecification": stream})))?;
    lab.wait("condition=Ready", &[&format!("table/{TABLE}")])?;
    let access = lab.access()?;
    let arn =
        described(lab, TABLE)?["LatestStreamArn"].as_str().context("the table has a stream")?.to_owned();
    let create = [
        "create-event-source-mapping",
        "--function-name",
        "indexer",
        "--event-source-arn",
        &arn,
        "--starting-position",
        "TRIM_HORIZON",
    ];
    let refused = finished(&mut lab.lambda_command(&access, &create))?;
    ensure!(refused.stderr.contains("spec.lambdaEndpoint"), "{}{}", refused.stdout, refused.stderr);
    put(lab, "before")?;

    let endpoint = json!({"spec": {"lambdaEndpoint": format!("http://{FUNCTIONS}.{NAMESPACE}.svc:{PORT}")}});
    lab.kubectl_ok(&["patch", "region", "default", "--type=merge", "-p", &endpoint.to_string()])?;
    // The node is replaced meanwhile, and the next one hears of the mapping.
    let mut id = Value::Null;
    lab.eventually("the mapping to be accepted", || {
        let created = finished(&mut lab.lambda_command(&access, &create))?;
        if created.success {
            id = serde_json::from_str::<Value>(&created.stdout)?["UUID"].clone();
        }
        Ok(created.success)
    })?;
    delivered(lab, "before")?;
    put(lab, "after")?;
    delivered(lab, "after")?;

    let id = id.as_str().context("a mapping has a UUID")?;
    lab.eventually("the result to be told", || {
        let told = lab.lambda(&access, &["get-event-source-mapping", "--uuid", id])?;
        Ok(told["State"] == "Enabled" && told["LastProcessingResult"] == "OK")
    })?;
    lab.lambda(&access, &["delete-event-source-mapping", "--uuid", id])?;
    let listed = lab.lambda(&access, &["list-event-source-mappings", "--event-source-arn", &arn])?;
    ensure!(listed["EventSourceMappings"] == json!([]), "{listed}");
    lab.wait("condition=Ready", &["region/default"])?;
    lab.kubectl_ok(&["delete", "table", TABLE, "--timeout=30s"])?;
    lab.kubectl_ok(&["-n", NAMESPACE, "delete", "pod,service", FUNCTIONS, "--wait=false"]).map(drop)
}
