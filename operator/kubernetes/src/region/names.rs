//! Names, labels and annotations of what belongs to a Region, and where it is mounted.

use std::collections::BTreeMap;

/// The field manager of all that the Region controller applies.
pub(crate) const FIELD_MANAGER: &str = "partita.dev/region";
/// The field manager of one annotation, [`CREDENTIALS_CHECKSUM`]. A pod is applied whole once, when it is made; were the
/// annotation applied later by the same manager, the API server would take that as giving up all other fields.
pub(crate) const CHECKSUM_MANAGER: &str = "partita.dev/region-credentials";

/// Label that names the Region an object belongs to.
pub(crate) const REGION_LABEL: &str = "partita.dev/region";
/// Label of Secrets whose access key the nodes accept, where its value is `true`.
pub(crate) const ACCESS_KEY_LABEL: &str = "partita.dev/access-key";
/// Annotation with the checksum of what an object was rendered from. What differs is applied, or replaced if it is a pod.
pub(crate) const TEMPLATE_HASH: &str = "partita.dev/template-hash";
/// Annotation of a pod with the checksum of the credentials file it should see. A change of it makes the kubelet bring the
/// file up to date at once rather than within a minute or two.
pub(crate) const CREDENTIALS_CHECKSUM: &str = "partita.dev/credentials-checksum";

/// Name of the node's container.
pub(crate) const CONTAINER: &str = "node";
/// Port of the DynamoDB API.
pub(crate) const API_PORT: i32 = 8000;
/// Port of the node API.
pub(crate) const NODE_PORT: u16 = 8081;

/// Key of a Secret: an access key's id.
pub(crate) const ACCESS_KEY_ID: &str = "accessKeyID";
/// Key of a Secret: an access key's secret.
pub(crate) const SECRET_ACCESS_KEY: &str = "secretAccessKey";
/// Key of the merged Secret: the credentials file.
pub(crate) const CREDENTIALS: &str = "credentials";

/// Where the store is, or what a node keeps beside a bucket.
pub(crate) const DATA_PATH: &str = "/var/lib/partita";
/// Folder of the credentials file.
pub(crate) const CREDENTIALS_PATH: &str = "/etc/partita/credentials";
/// Folder of the internal key.
pub(crate) const INTERNAL_PATH: &str = "/etc/partita/internal";
/// Folder of the bucket's key.
pub(crate) const BUCKET_PATH: &str = "/etc/partita/bucket";

/// Name of the Service.
pub(crate) fn service(region: &str) -> String {
    format!("partita-{region}")
}

/// Name of the node's pod, and of its volume claim.
pub(crate) fn node(region: &str) -> String {
    format!("partita-{region}-node-0")
}

/// Name of the Secret with the key of the wire between operator and nodes.
pub(crate) fn internal(region: &str) -> String {
    format!("partita-{region}-internal")
}

/// Name of the Secret with the first access key for people.
pub(crate) fn access_key(region: &str) -> String {
    format!("partita-{region}-access-key")
}

/// Name of the Secret with the credentials file.
pub(crate) fn credentials(region: &str) -> String {
    format!("partita-{region}-credentials")
}

/// The labels by which the pod of a node is found.
pub(crate) fn selector(region: &str) -> BTreeMap<String, String> {
    [
        ("app.kubernetes.io/component", "node"),
        ("app.kubernetes.io/instance", region),
        ("app.kubernetes.io/name", "partita"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// The labels of everything that belongs to a Region.
pub(crate) fn labels(region: &str) -> BTreeMap<String, String> {
    let mut labels = selector(region);
    labels.insert("app.kubernetes.io/managed-by".to_owned(), "partita-operator".to_owned());
    labels.insert(REGION_LABEL.to_owned(), region.to_owned());
    labels
}
