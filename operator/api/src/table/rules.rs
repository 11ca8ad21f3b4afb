//! The CEL rules of the Table kind, each with the field and the message an API server answers when it does not hold.
//!
//! A rule rejects only what DynamoDB itself answers with a `ValidationException` when it is sent the same fields, or
//! a change of what cannot change. Fields that are absent are never objected to where DynamoDB could find them
//! elsewhere: in the table that is adopted, restored or imported.
//!
//! Rules must be cheap in the API server's estimate, which multiplies the `maxItems` of nested lists, and takes what it
//! knows no bound of, such as a string that a rule puts together, for as large as a request may be.

use serde_json::Value;

use crate::rules::{IMMUTABLE, Rule, rules};

/// Rules between the fields of a spec.
pub(super) fn table() -> Value {
    rules(&[&ORIGIN[..], &KEYS, &CAPACITY].concat())
}

/// What a table is made with.
const ORIGIN: [Rule; 4] = [
    (
        "localSecondaryIndexes",
        "has(self.localSecondaryIndexes) == has(oldSelf.localSecondaryIndexes) && \
         (!has(self.localSecondaryIndexes) || self.localSecondaryIndexes == oldSelf.localSecondaryIndexes)",
        "localSecondaryIndexes are made with the table and are immutable",
    ),
    (
        "restore",
        "has(self.restore) == has(oldSelf.restore) && (!has(self.restore) || self.restore == oldSelf.restore)",
        "restore is immutable",
    ),
    (
        "import",
        "has(self.__import__) == has(oldSelf.__import__) && \
         (!has(self.__import__) || self.__import__ == oldSelf.__import__)",
        "import is immutable",
    ),
    ("import", "!(has(self.restore) && has(self.__import__))", "restore and import exclude each other"),
];

/// The table's key against the keys of its indexes, and all of them against the attributes' definitions.
const KEYS: [Rule; 6] = [
    (
        "keySchema",
        "self.keySchema.all(k, !has(k.attributeName) || \
         self.attributeDefinitions.exists(d, d.attributeName == k.attributeName))",
        "every attribute of keySchema must be among attributeDefinitions",
    ),
    (
        "globalSecondaryIndexes",
        "!has(self.globalSecondaryIndexes) || self.globalSecondaryIndexes.all(i, !has(i.keySchema) || \
         i.keySchema.all(k, !has(k.attributeName) || \
         self.attributeDefinitions.exists(d, d.attributeName == k.attributeName)))",
        "every key attribute of globalSecondaryIndexes must be among attributeDefinitions",
    ),
    (
        "localSecondaryIndexes",
        "!has(self.localSecondaryIndexes) || self.localSecondaryIndexes.all(i, !has(i.keySchema) || \
         i.keySchema.all(k, !has(k.attributeName) || \
         self.attributeDefinitions.exists(d, d.attributeName == k.attributeName)))",
        "every key attribute of localSecondaryIndexes must be among attributeDefinitions",
    ),
    (
        "localSecondaryIndexes",
        "!has(self.localSecondaryIndexes) || self.localSecondaryIndexes.size() == 0 || self.keySchema.size() == 2",
        "a table with localSecondaryIndexes must have a RANGE key",
    ),
    (
        "localSecondaryIndexes",
        "!has(self.localSecondaryIndexes) || self.localSecondaryIndexes.all(i, !has(i.keySchema) || \
         !has(i.keySchema[0].attributeName) || !has(self.keySchema[0].attributeName) || \
         i.keySchema[0].attributeName == self.keySchema[0].attributeName)",
        "localSecondaryIndexes must have the same HASH key as the table",
    ),
    (
        "globalSecondaryIndexes",
        "!has(self.localSecondaryIndexes) || !has(self.globalSecondaryIndexes) || \
         self.localSecondaryIndexes.all(l, !self.globalSecondaryIndexes.exists(g, g.indexName == l.indexName))",
        "index names must be unique within the table",
    ),
];

/// Throughput against the billing mode.
const CAPACITY: [Rule; 3] = [
    (
        "provisionedThroughput",
        "!has(self.billingMode) || self.billingMode != 'PROVISIONED' || has(self.provisionedThroughput) || \
         has(self.restore)",
        "provisionedThroughput must be specified when billingMode is PROVISIONED",
    ),
    (
        "provisionedThroughput",
        "!has(self.billingMode) || self.billingMode != 'PAY_PER_REQUEST' || !has(self.provisionedThroughput)",
        "provisionedThroughput cannot be specified when billingMode is PAY_PER_REQUEST",
    ),
    (
        "globalSecondaryIndexes",
        "!has(self.billingMode) || self.billingMode != 'PAY_PER_REQUEST' || !has(self.globalSecondaryIndexes) || \
         self.globalSecondaryIndexes.all(i, !has(i.provisionedThroughput))",
        "provisionedThroughput cannot be specified for an index when billingMode is PAY_PER_REQUEST",
    ),
];

/// Rules of a table's key.
pub(super) fn primary_key() -> Value {
    rules(&[
        IMMUTABLE,
        ELEMENTS_COMPLETE,
        (
            "",
            "self.size() == 0 || ((!has(self[0].keyType) || self[0].keyType == 'HASH') && \
             (self.size() == 1 || !has(self[1].keyType) || self[1].keyType == 'RANGE'))",
            "keySchema must be one HASH element, then at most one RANGE element",
        ),
        NAMES_DIFFER,
    ])
}

/// Rules of a local index's key.
pub(super) fn local_index_key() -> Value {
    rules(&[
        ELEMENTS_COMPLETE,
        (
            "",
            "self.size() == 2 && (!has(self[0].keyType) || self[0].keyType == 'HASH') && \
             (!has(self[1].keyType) || self[1].keyType == 'RANGE')",
            "the keySchema of a local index must be one HASH element, then one RANGE element",
        ),
        NAMES_DIFFER,
    ])
}

/// Rules of a global index's key.
pub(super) fn global_index_key() -> Value {
    rules(&[
        ELEMENTS_COMPLETE,
        (
            "",
            "[self.filter(k, !has(k.keyType) || k.keyType == 'HASH').size()].all(hashes, hashes >= 1 && hashes <= 4 && \
             self.size() - hashes <= 4 && [0, 1, 2, 3, 4, 5, 6, 7].all(i, i >= self.size() || \
             (!has(self[i].keyType) || self[i].keyType == 'HASH') == (i < hashes)))",
            "the keySchema of a global index must be one to four HASH elements, then at most four RANGE elements",
        ),
        NAMES_DIFFER,
    ])
}

const ELEMENTS_COMPLETE: Rule = (
    "",
    "self.all(k, has(k.attributeName) && has(k.keyType))",
    "every element of keySchema must have attributeName and keyType",
);
const NAMES_DIFFER: Rule = (
    "",
    "self.all(k, !has(k.attributeName) || \
     self.filter(o, has(o.attributeName) && o.attributeName == k.attributeName).size() == 1)",
    "an attribute can be in a keySchema only once",
);

/// Rules of an attribute definition.
pub(super) fn attribute_definition() -> Value {
    rules(&[("attributeType", "has(self.attributeType)", "attributeType must be specified")])
}

/// Rules of an index, local or global.
pub(super) fn index() -> Value {
    rules(&[
        ("keySchema", "has(self.keySchema)", "an index must have a keySchema"),
        (
            "projection",
            "has(self.projection) && has(self.projection.projectionType)",
            "an index must have a projection with a projectionType",
        ),
    ])
}

/// Rules of a projection.
pub(super) fn projection() -> Value {
    rules(&[
        (
            "nonKeyAttributes",
            "!has(self.projectionType) || self.projectionType != 'INCLUDE' || has(self.nonKeyAttributes)",
            "nonKeyAttributes must be specified when projectionType is INCLUDE",
        ),
        (
            "nonKeyAttributes",
            "!has(self.projectionType) || self.projectionType == 'INCLUDE' || !has(self.nonKeyAttributes)",
            "nonKeyAttributes can only be specified when projectionType is INCLUDE",
        ),
    ])
}

/// Rules of provisioned throughput.
pub(super) fn provisioned_throughput() -> Value {
    rules(&[(
        "",
        "has(self.readCapacityUnits) && has(self.writeCapacityUnits)",
        "readCapacityUnits and writeCapacityUnits must both be specified",
    )])
}

/// Rules of a ceiling on request units.
pub(super) fn ceiling() -> Value {
    rules(&[("", "self != 0", "must be at least 1, or -1 for no ceiling")])
}

/// Rules of a scaling range.
pub(super) fn scaling_range() -> Value {
    rules(&[("min", "self.min <= self.max", "min must not be greater than max")])
}

/// Rules of a stream.
pub(super) fn stream() -> Value {
    rules(&[(
        "streamViewType",
        "!has(self.streamEnabled) || !self.streamEnabled || has(self.streamViewType)",
        "streamViewType must be specified when streamEnabled is true",
    )])
}

/// Rules of item expiry.
pub(super) fn time_to_live() -> Value {
    rules(&[(
        "attributeName",
        "!has(self.enabled) || !self.enabled || has(self.attributeName)",
        "attributeName must be specified when enabled is true",
    )])
}

/// Rules of a tag.
pub(super) fn tag() -> Value {
    rules(&[("key", "!self.key.startsWith('aws:')", "a tag's key cannot start with aws:")])
}

/// Rules of a restore.
pub(super) fn restore() -> Value {
    rules(&[
        (
            "",
            "[has(self.backupARN), has(self.backupRef), has(self.sourceTableName), has(self.sourceTableARN), \
             has(self.sourceTableRef)].filter(given, given).size() == 1",
            "exactly one of backupARN, backupRef, sourceTableName, sourceTableARN and sourceTableRef must be specified",
        ),
        (
            "",
            "!(has(self.backupARN) || has(self.backupRef)) || \
             !(has(self.restoreDateTime) || has(self.useLatestRestorableTime))",
            "a backup is restored as it is: restoreDateTime and useLatestRestorableTime cannot be specified",
        ),
        (
            "",
            "has(self.backupARN) || has(self.backupRef) || \
             has(self.restoreDateTime) != (has(self.useLatestRestorableTime) && self.useLatestRestorableTime)",
            "a table is restored to restoreDateTime or, with useLatestRestorableTime, as late as possible: specify one",
        ),
    ])
}
