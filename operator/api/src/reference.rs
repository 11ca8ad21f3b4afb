//! References to other objects, in ACK's form.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Points at another object of the kind that the field's name says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// Where the object is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NamespacedName>,
}

/// The name of an object, and its namespace if it is another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamespacedName {
    /// Name of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub name: Option<String>,
    /// Namespace of the object; absent means the referring object's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub namespace: Option<String>,
}
