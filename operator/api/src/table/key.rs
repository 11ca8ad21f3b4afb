//! Attribute definitions and key schemas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and type of an attribute that some key uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::attribute_definition()))]
pub struct AttributeDefinition {
    /// Name of the attribute, 1 to 255 characters.
    #[schemars(length(min = 1, max = 255))]
    pub attribute_name: String,
    /// Type of the attribute: S (string), N (number) or B (binary). Quote it: an unquoted N is a boolean in YAML 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_type: Option<ScalarAttributeType>,
}

/// The types a key attribute can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::crd::undescribed)]
pub enum ScalarAttributeType {
    /// String.
    S,
    /// Number.
    N,
    /// Binary.
    B,
}

/// One attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeySchemaElement {
    /// Name of the attribute; it must be among attributeDefinitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub attribute_name: Option<String>,
    /// Role of the attribute: HASH (partition key) or RANGE (sort key).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_type: Option<KeyType>,
}

/// The role of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum KeyType {
    /// Partition key.
    Hash,
    /// Sort key.
    Range,
}
