//! A bucket as the store: an S3 server in a pod of the cluster.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::install::{first_answer, helm_install};
use crate::lab::{Lab, NAMESPACE, NODE, expect};
use crate::settings::manifest;

const KEY: &str = "bucketkey";
const SECRET: &str = "bucketsecret";
const BUCKET: &str = "tables";

/// The S3 server with its Service and the key for it.
fn server() -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bucket-key", "namespace": NAMESPACE},
            "stringData": {"accessKeyID": KEY, "secretAccessKey": SECRET},
        },
        {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s3", "namespace": NAMESPACE},
            "spec": {"selector": {"app": "s3"}, "ports": [{"port": 7070}]},
        },
        {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "s3", "namespace": NAMESPACE, "labels": {"app": "s3"}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [{
                    "name": "s3", "image": "localhost/versitygw:dev", "imagePullPolicy": "Never",
                    "args": ["--port", ":7070", "posix", "/data"],
                    "env": [{"name": "ROOT_ACCESS_KEY", "value": KEY}, {"name": "ROOT_SECRET_KEY", "value": SECRET}],
                    "readinessProbe": {"tcpSocket": {"port": 7070}, "periodSeconds": 1},
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }],
                "volumes": [{"name": "data", "emptyDir": {}}],
            },
        },
    ]})
}

/// A call of the AWS CLI to the S3 server.
fn s3(lab: &Lab, arguments: &[&str]) -> Result<String> {
    let address = lab.field(&["-n", NAMESPACE, "service", "s3"], "/spec/clusterIP")?;
    let address = address.as_str().context("the S3 server has an address")?;
    let aws = lab.python_home()?.join("bin/aws");
    let mut command = lab.program(&aws.to_string_lossy(), &["s3api"]);
    command
        .args(arguments)
        .args(["--endpoint-url", &format!("http://{address}:7070"), "--output", "json"])
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_REGION", "us-east-1");
    expect(&mut command)
}

fn objects(lab: &Lab) -> Result<usize> {
    let listed: Value = serde_json::from_str(&s3(lab, &["list-objects-v2", "--bucket", BUCKET])?)?;
    Ok(listed["Contents"].as_array().map_or(0, Vec::len))
}

pub(crate) fn serves(lab: &Lab) -> Result<()> {
    lab.apply(&server().to_string())?;
    lab.wait("condition=Ready", &["-n", NAMESPACE, "pod/s3"])?;
    s3(lab, &["create-bucket", "--bucket", BUCKET])?;
    let values = format!(
        "region.objectStore.type=S3,region.objectStore.s3.bucket={BUCKET},region.objectStore.s3.pathStyle=true,\
         region.objectStore.s3.allowHTTP=true,region.objectStore.s3.credentialsSecretRef.name=bucket-key,\
         region.objectStore.s3.endpoint=http://s3.{NAMESPACE}.svc:7070,region.deletionPolicy=Delete"
    );
    helm_install(lab, &["--set", &values])?;
    first_answer(lab)?;
    lab.apply(&manifest("orders", &json!({})))?;
    lab.wait("condition=Ready", &["table/orders"])?;
    expect(&mut lab.python(&lab.access()?, "smoke.py", &["orders"]))?;
    ensure!(objects(lab)? > 0, "the bucket is empty");
    let claims = lab.kubectl_ok(&["-n", NAMESPACE, "get", "persistentvolumeclaims", "-o", "name"])?;
    ensure!(!claims.contains(NODE), "a node of a bucket needs no volume: {claims}");
    Ok(())
}

/// All that the node had is in the bucket.
pub(crate) fn pod_killed(lab: &Lab) -> Result<()> {
    crate::faults::pod_killed(lab)
}

pub(crate) fn uninstall(lab: &Lab) -> Result<()> {
    let before = objects(lab)?;
    lab.kubectl_ok(&["delete", "tables", "--all", "--timeout=60s"])?;
    lab.helm(&["uninstall", "partita", "--namespace", NAMESPACE, "--wait"])?;
    lab.eventually("the node to go", || Ok(lab.get(&["-n", NAMESPACE, "pod", NODE])?.is_none()))?;
    ensure!(before > 0 && objects(lab)? > 0, "a bucket is never emptied by an uninstall");
    Ok(())
}
