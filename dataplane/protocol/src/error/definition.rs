//! What CreateTable refuses: the rules between the members of a table's definition.

use super::ServiceError;

/// A rule of CreateTable that a definition breaks. The order of checks is that of
/// [`TableDefinition::check`](crate::definition::TableDefinition::check).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DefinitionRule {
    #[error(
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified \
         when BillingMode is PROVISIONED"
    )]
    ThroughputRequired,
    #[error(
        "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified \
         when BillingMode is PAY_PER_REQUEST"
    )]
    ThroughputOnDemand,
    #[error("Given value {value} for {member} is out of bounds")]
    OutOfBounds { member: &'static str, value: u64 },
    #[error(
        "One or more parameter values were invalid: {member} for OnDemandThroughput cannot be specified when table \
         BillingMode is PROVISIONED."
    )]
    OnDemandLimitOfProvisioned { member: &'static str },
    #[error(
        "One or more parameter values were invalid: Requested {member} for OnDemandThroughput for {target} is outside \
         of valid range"
    )]
    OnDemandLimitRange { member: &'static str, target: String },
    #[error(
        "One or more parameter values were invalid: Requested {member} for WarmThroughput for {target} is lower than \
         initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/\
         on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
    )]
    WarmBelowInitial { member: &'static str, target: String },
    #[error(
        "One or more parameter values were invalid: Requested {member} for WarmThroughput for {target} is lower than \
         {provisioned} of ProvisionedThroughput"
    )]
    WarmBelowProvisioned { member: &'static str, target: String, provisioned: &'static str },
    #[error("Attribute Name is duplicated: {0}")]
    DuplicateDefinition(String),
    #[error("Invalid KeySchema: Some index key attribute have no definition")]
    KeyWithoutDefinition,
    #[error(
        "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. \
         Keys: [{keys}], AttributeDefinitions: [{definitions}]"
    )]
    KeyNotDefined { keys: String, definitions: String },
    #[error("Both the Hash Key and the Range Key element in the KeySchema have the same name")]
    SameKeyTwice,
    #[error("The KeySchema contains multiple key attributes with the same name")]
    RepeatedKey,
    #[error("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")]
    FirstNotHash,
    #[error("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")]
    SecondNotRange,
    #[error(
        "One or more parameter values were invalid: All HASH key attributes must precede RANGE key attributes in the \
         KeySchema"
    )]
    HashAfterRange,
    #[error(
        "One or more parameter values were invalid: The KeySchema exceeds the maximum allowed number of {0} key \
         attributes"
    )]
    TooManyKeyAttributes(&'static str),
    #[error(
        "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of \
         attributes defined in AttributeDefinitions"
    )]
    DefinitionCount,
    #[error(
        "One or more parameter values were invalid: Some AttributeDefinitions are not used. AttributeDefinitions: \
         [{definitions}], keys used: [{used}]"
    )]
    UnusedDefinition { definitions: String, used: String },
    #[error("One or more parameter values were invalid: List of {0} is empty")]
    EmptyList(&'static str),
    #[error(
        "One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when \
         specifying a LocalSecondaryIndex"
    )]
    LocalIndexNeedsRange,
    #[error(
        "One or more parameter values were invalid: Index KeySchema does not have a range key for index: {0}"
    )]
    IndexWithoutRange(String),
    #[error(
        "One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as table \
         KeySchema for index: {index}. index hash key: {index_hash}, table hash key: {table_hash}"
    )]
    IndexHashDiffers { index: String, index_hash: String, table_hash: String },
    #[error("One or more parameter values were invalid: Unknown ProjectionType: null")]
    ProjectionTypeMissing,
    #[error(
        "One or more parameter values were invalid: ProjectionType is {0}, but NonKeyAttributes is specified"
    )]
    NonKeyAttributesRefused(&'static str),
    #[error(
        "One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not \
         specified"
    )]
    NonKeyAttributesRequired,
    #[error("One or more parameter values were invalid: Duplicate element in NonKeyAttributes: {0}")]
    DuplicateNonKeyAttribute(String),
    #[error("One or more parameter values were invalid: Duplicate index name: {0}")]
    DuplicateIndex(String),
    #[error(
        "One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit \
         of {0}"
    )]
    TooManyLocalIndexes(usize),
    #[error(
        "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit \
         of {0}"
    )]
    TooManyGlobalIndexes(usize),
    #[error(
        "One or more parameter values were invalid: ProvisionedThroughput should not be specified for index: {0} when \
         BillingMode is PAY_PER_REQUEST"
    )]
    IndexThroughputOnDemand(String),
    /// Names the indexes, joined by commas. Reworded in 2026.
    #[error(
        "One or more parameter values were invalid: ProvisionedThroughput must be specified for index: {0}"
    )]
    IndexThroughputRequired(String),
    #[error(
        "One or more parameter values were invalid: Number of NonKeyAttributes over all indexes exceeds per-table limit \
         of {0}"
    )]
    TooManyProjectedAttributes(usize),
    #[error(
        "One or more parameter values were invalid: Table is being created with a stream enabled, UpdateViewType is \
         required"
    )]
    StreamWithoutView,
    #[error(
        "One or more parameter values were invalid: Table is being created with a stream disabled, UpdateViewType \
         should not be specified"
    )]
    ViewWithoutStream,
    #[error("One or more parameter values were invalid: {0} can not be specified if Enabled is false")]
    EncryptionDisabledWith(&'static str),
    #[error(
        "One or more parameter values were invalid: SSEType KMS is required if KMSMasterKeyId is specified"
    )]
    EncryptionKeyWithoutType,
    #[error("One or more parameter values were invalid: SSEType AES256 is not supported")]
    EncryptionTypeRefused,
}

impl From<DefinitionRule> for ServiceError {
    fn from(rule: DefinitionRule) -> Self {
        match &rule {
            DefinitionRule::IndexThroughputRequired(indexes) => Self::reworded_rule(
                rule.to_string(),
                format!(
                    "One or more parameter values were invalid: ProvisionedThroughput is not specified for index: {indexes}"
                ),
            ),
            _ => Self::rule(rule.to_string()),
        }
    }
}
