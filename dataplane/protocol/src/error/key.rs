//! Sentences about keys and indexes: the rules that need a table's schema. The same in both eras.

use partita_expression::KeyConditionError;
use partita_model::value::AttributeType;
use partita_model::{IndexName, ScalarType};

use super::ServiceError;

/// The two types whose value in a key can be empty, and must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyKeyValue {
    /// An `S` of no characters.
    Text,
    /// A `B` of no bytes.
    Binary,
}

impl EmptyKeyValue {
    fn words(self) -> &'static str {
        match self {
            Self::Text => "an empty string value",
            Self::Binary => "an empty binary value",
        }
    }
}

impl ServiceError {
    /// A `Key` with a missing, extra or wrongly typed attribute.
    pub fn key_does_not_match_schema() -> Self {
        Self::validation("The provided key element does not match the schema")
    }

    /// An item without one of its table's key attributes.
    pub fn missing_key(name: &str) -> Self {
        Self::invalid_parameter(format!("Missing the key {name} in the item"))
    }

    /// An item whose key attribute has another type than the schema says.
    pub fn key_type_mismatch(name: &str, expected: ScalarType, actual: AttributeType) -> Self {
        let expected = expected.attribute_type().wire_name();
        let actual = actual.wire_name();
        Self::invalid_parameter(format!("Type mismatch for key {name} expected: {expected} actual: {actual}"))
    }

    /// An item whose index key attribute has another type than the index's schema says.
    pub fn index_key_type_mismatch(
        name: &str,
        expected: ScalarType,
        actual: AttributeType,
        index: &IndexName,
    ) -> Self {
        let expected = expected.attribute_type().wire_name();
        let actual = actual.wire_name();
        Self::invalid_parameter(format!(
            "Type mismatch for Index Key {name} Expected: {expected} Actual: {actual} IndexName: {index}"
        ))
    }

    /// A partition-key value of more than 2048 bytes.
    pub fn hash_key_too_large() -> Self {
        // The missing space is the service's.
        Self::invalid_parameter("Size of hashkey has exceeded the maximum size limit of2048 bytes")
    }

    /// A sort-key value of more than 1024 bytes.
    pub fn range_key_too_large() -> Self {
        Self::invalid_parameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
    }

    /// An empty value of a table's key attribute.
    pub fn empty_key_value(name: &str, value: EmptyKeyValue) -> Self {
        Self::validation(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain {}. \
             Key: {name}",
            value.words()
        ))
    }

    /// An empty value of an index's key attribute.
    pub fn empty_index_key_value(name: &str, value: EmptyKeyValue, index: &IndexName) -> Self {
        Self::validation(format!(
            "One or more parameter values are not valid. A value specified for a secondary index key is not \
             supported. The AttributeValue for a key attribute cannot contain {}. IndexName: {index}, IndexKey: {name}",
            value.words()
        ))
    }

    /// An update that touches a key attribute.
    pub fn cannot_update_key(name: &str) -> Self {
        Self::invalid_parameter(format!("Cannot update attribute {name}. This attribute is part of the key"))
    }

    /// A key condition that does not fit the key it is used on.
    pub fn key_condition(error: &KeyConditionError) -> Self {
        match error {
            KeyConditionError::EmptyValue { name, text: true } => {
                Self::empty_key_value(name, EmptyKeyValue::Text)
            }
            KeyConditionError::EmptyValue { name, text: false } => {
                Self::empty_key_value(name, EmptyKeyValue::Binary)
            }
            _ => Self::validation(error.to_string()),
        }
    }

    /// A Query's filter on an attribute of the key it reads by; `expression` is false for the legacy `QueryFilter`.
    pub fn filter_on_key(name: &str, expression: bool) -> Self {
        let filter = if expression { "Filter Expression" } else { "QueryFilter" };
        Self::validation(format!(
            "{filter} can only contain non-primary key attributes: Primary key attribute: {name}"
        ))
    }

    /// `IndexName` names no index of the table.
    pub fn unknown_index(name: &str) -> Self {
        Self::validation(format!("The table does not have the specified index: {name}"))
    }

    /// `ConsistentRead` on a global index.
    pub fn consistent_read_on_global_index() -> Self {
        Self::validation("Consistent reads are not supported on global secondary indexes")
    }

    /// `ALL_ATTRIBUTES` on a global index that does not hold them.
    pub fn all_attributes_on_global_index(index: &IndexName) -> Self {
        Self::invalid_parameter(format!(
            "Select type ALL_ATTRIBUTES is not supported for global secondary index {index} because its projection \
             type is not ALL"
        ))
    }

    /// A projection of attributes that a global index does not hold; in the caller's order.
    pub fn not_projected(index: &IndexName, attributes: &[&str]) -> Self {
        let attributes = attributes.join(", ");
        Self::invalid_parameter(format!("Global secondary index {index} does not project [{attributes}]"))
    }

    /// A global index is still being filled.
    pub fn index_backfilling(index: &IndexName) -> Self {
        Self::validation(format!("Cannot read from backfilling global secondary index: {index}"))
    }

    /// A Query's `ExclusiveStartKey` has other attributes or types than the key it continues.
    pub fn invalid_start_key() -> Self {
        Self::validation("The provided starting key is invalid")
    }

    /// The same of a Scan, whose classic sentence says more.
    pub fn invalid_start_key_of_scan() -> Self {
        Self::reworded_rule(
            "The provided starting key is invalid: The provided key element does not match the schema",
            "The provided starting key is invalid",
        )
    }

    /// `ExclusiveStartKey` has more or fewer attributes than the table's key.
    pub fn start_key_size() -> Self {
        Self::validation("Exclusive Start Key must have same size as table's key schema")
    }

    /// `ExclusiveStartKey` lies in a partition or range that the key condition excludes.
    pub fn start_key_outside_query() -> Self {
        Self::validation("The provided starting key is outside query boundaries based on provided conditions")
    }

    /// `ExclusiveStartKey` belongs to another segment of a parallel scan.
    pub fn start_key_outside_segment(segment: u32, total: u32) -> Self {
        Self::validation(format!(
            "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with \
             correct Segment. TotalSegments: {total} Segment: {segment}"
        ))
    }

    /// The same key twice in one batch.
    pub fn duplicate_keys() -> Self {
        Self::validation("Provided list of item keys contains duplicates")
    }
}
