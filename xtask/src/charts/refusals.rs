//! Values that the charts have to refuse before anything reaches a cluster, each with the words that tell its writer where
//! the mistake is.

use anyhow::{Context as _, Result, ensure};

use super::Charts;
use crate::shell::say;

/// Chart, value for `--set`, and what Helm's message has to contain.
const REFUSALS: &[(&str, &str, &str)] = &[
    ("partita", "image.registy=example.com", "'/image': additional properties 'registy' not allowed"),
    ("partita", "image.registry=https://example.com", "'/image/registry'"),
    ("partita", "image.tag=latest", "'/image/tag'"),
    ("partita", "image.digest=sha256:abc", "'/image/digest'"),
    ("partita", "image.pullPolicy=Sometimes", "'/image/pullPolicy'"),
    ("partita", "operator.replicas=2", "additional properties 'replicas' not allowed"),
    ("partita", "operator.env[0].value=a", "'/operator/env/0': missing property 'name'"),
    ("partita", "operator.podLabels.tier=7", "'/operator/podLabels/tier': got number, want string"),
    ("partita", "catalog.size=lots", "'/catalog/size'"),
    ("partita", "region.name=operator", "'/region/name'"),
    ("partita", "region.name=Default", "'/region/name'"),
    ("partita", "region.name=a2345678901234567890123456789012345678", "'/region/name'"),
    ("partita", "region.regionName=us_east_1", "'/region/regionName'"),
    ("partita", "region.accountID=123456789012", "'/region/accountID': got number, want string"),
    ("partita", "region.accountID=00000000000a", "'/region/accountID'"),
    ("partita", "region.objectStore.type=Disk", "'/region/objectStore/type'"),
    ("partita", "region.objectStore.volume.size=10GB", "'/region/objectStore/volume/size'"),
    ("partita", "region.objectStore.type=S3", "'/region/objectStore/s3': missing property 'bucket'"),
    ("partita", "region.objectStore.s3.bucket=items", "'/region/objectStore/s3': maxProperties"),
    (
        "partita",
        "region.objectStore.type=S3,region.objectStore.s3.bucket=items,region.objectStore.volume.size=1Gi",
        "'/region/objectStore/volume': maxProperties",
    ),
    (
        "partita",
        "region.objectStore.type=S3,region.objectStore.s3.bucket=items,region.objectStore.s3.endpoint=http://s3",
        "'/region/objectStore/s3': missing property 'allowHTTP'",
    ),
    ("partita", "region.nodePool.replicas=0", "'/region/nodePool/replicas'"),
    ("partita", "region.nodePool.replicas=101", "'/region/nodePool/replicas'"),
    ("partita", "region.nodePool.podTemplate.containers=none", "'/region/nodePool/podTemplate'"),
    ("partita", "region.endpoint.port=0", "'/region/endpoint/port'"),
    ("partita", "region.endpoint.serviceType=ExternalName", "'/region/endpoint/serviceType'"),
    ("partita", "region.deletionPolicy=Keep", "'/region/deletionPolicy'"),
    ("partita", "region.suspend=later", "'/region/suspend'"),
    ("partita", "networkPolicy.clients[0].pods=all", "'/networkPolicy/clients/0'"),
    ("partita", "roles.editorsDeclareMappings=sometimes", "'/roles/editorsDeclareMappings'"),
    ("partita-crds", "keep=false", "additional properties 'keep' not allowed"),
];

pub(super) fn check(charts: &Charts<'_>) -> Result<()> {
    for (chart, value, expected) in REFUSALS {
        let rendered = charts
            .helm()
            .args(["template", "partita", &format!("charts/{chart}"), "--set", value])
            .output()
            .context("cannot start helm")?;
        let message = String::from_utf8_lossy(&rendered.stderr);
        ensure!(!rendered.status.success(), "the chart `{chart}` accepts `{value}`");
        ensure!(
            message.contains(expected),
            "the chart `{chart}` refuses `{value}` without saying `{expected}`:\n{message}"
        );
    }
    say(format!("{} wrong values are refused by name", REFUSALS.len()))
}
