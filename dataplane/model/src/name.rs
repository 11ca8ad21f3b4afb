//! Names of tables and indexes, and Amazon resource names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A table's name: 3 to 255 of `[a-zA-Z0-9_.-]`. The protocol layer checks the form; this type only keeps names apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableName(String);

/// An index's name: 3 to 255 of `[a-zA-Z0-9_.-]`, unique within its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IndexName(String);

macro_rules! name_type {
    ($name:ident) => {
        impl $name {
            /// Takes a name whose form the caller has checked.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
name_type!(TableName);
name_type!(IndexName);

/// Where an installation's tables live, as their ARNs say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Region name, for example `eu-central-1`.
    pub region: String,
    /// Twelve digits.
    pub account_id: String,
}

impl Scope {
    /// `arn:aws:dynamodb:<region>:<account>:table/<name>`.
    pub fn table_arn(&self, table: &TableName) -> Arn {
        Arn(format!("arn:aws:dynamodb:{}:{}:table/{table}", self.region, self.account_id))
    }

    /// `<table arn>/index/<index>`.
    pub fn index_arn(&self, table: &TableName, index: &IndexName) -> Arn {
        Arn(format!("{}/index/{index}", self.table_arn(table).0))
    }

    /// The table's name, if `arn` is the ARN of a table of this scope; `None` otherwise.
    pub fn table_of_arn(&self, arn: &str) -> Option<TableName> {
        let prefix = format!("arn:aws:dynamodb:{}:{}:table/", self.region, self.account_id);
        arn.strip_prefix(&prefix).filter(|rest| !rest.is_empty() && !rest.contains('/')).map(TableName::new)
    }
}

/// An Amazon resource name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Arn(String);

impl Arn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
