//! The CEL rules of the Region kind, each with the field and the message an API server answers when it does not hold.
//!
//! A rule rejects what could never be carried out (details of another type, an endpoint without TLS that is not
//! allowed) and changes after which the region's data would not be found or could not be kept.

use serde_json::Value;

use crate::rules::{Rule, rules, stated};

/// Rules of the whole object.
pub(crate) fn region() -> Value {
    rules(&[("", "self.metadata.name.size() <= 37", "metadata.name must not be longer than 37 characters")])
}

/// Rules between the type of an object store and its details.
pub(super) fn object_store() -> Value {
    let size =
        |of: &str| format!("quantity(has({of}.volume) && has({of}.volume.size) ? {of}.volume.size : '10Gi')");
    let class = |of: &str| {
        format!("(has({of}.volume) && has({of}.volume.storageClassName) ? {of}.volume.storageClassName : '')")
    };
    let mut all = rules(&UNION);
    let transitions = [
        stated(
            "volume.size",
            &format!("{}.compareTo({}) >= 0", size("self"), size("oldSelf")),
            "volume.size must not become smaller (it is 10Gi where it is absent)",
        ),
        stated(
            "volume.storageClassName",
            &format!("{} == {}", class("self"), class("oldSelf")),
            "volume.storageClassName is immutable",
        ),
    ];
    if let Value::Array(all) = &mut all {
        all.extend(transitions);
    }
    all
}

const UNION: [Rule; 3] = [
    ("s3", "self.type != 'S3' || has(self.s3)", "s3 must be specified when type is S3"),
    ("s3", "self.type == 'S3' || !has(self.s3)", "s3 can only be specified when type is S3"),
    (
        "volume",
        "self.type == 'Volume' || !has(self.volume)",
        "volume can only be specified when type is Volume",
    ),
];

/// Rules of a bucket.
pub(super) fn s3() -> Value {
    rules(&[
        (
            "prefix",
            "(has(self.prefix) ? self.prefix : '') == (has(oldSelf.prefix) ? oldSelf.prefix : '')",
            "prefix is immutable",
        ),
        (
            "endpoint",
            "!has(self.endpoint) || !self.endpoint.startsWith('http://') || (has(self.allowHTTP) && self.allowHTTP)",
            "allowHTTP must be true for an endpoint that starts with http://",
        ),
    ])
}
