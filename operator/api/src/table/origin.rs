//! Where a new table's items come from.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Reference;

/// A backup, or another table at a point in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::restore()))]
pub struct Restore {
    /// ARN of the backup.
    #[serde(rename = "backupARN", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 37, max = 1024))]
    pub backup_arn: Option<String>,
    /// Backup object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_ref: Option<Reference>,
    /// Name of the source table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[a-zA-Z0-9_.-]+$"), length(min = 3, max = 255))]
    pub source_table_name: Option<String>,
    /// ARN of the source table.
    #[serde(rename = "sourceTableARN", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub source_table_arn: Option<String>,
    /// Table object of the source table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_table_ref: Option<Reference>,
    /// Point in time of the source table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub restore_date_time: Option<Time>,
    /// Restore the source table as late as possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_latest_restorable_time: Option<bool>,
}

/// Objects in a bucket that hold items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// Where the objects are.
    pub s3_bucket_source: S3BucketSource,
    /// Form of the objects.
    pub input_format: InputFormat,
    /// Compression of the objects. Default: NONE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_compression_type: Option<InputCompressionType>,
    /// Details of the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_format_options: Option<InputFormatOptions>,
}

/// A bucket, and a prefix of names in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3BucketSource {
    /// Name of the bucket.
    #[schemars(regex(pattern = r"^[a-z0-9A-Z]+[.\-\w]*[a-z0-9A-Z]+$"), length(max = 255))]
    pub s3_bucket: String,
    /// Account that must own the bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub s3_bucket_owner: Option<String>,
    /// What the objects' names start with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub s3_key_prefix: Option<String>,
}

/// Form of imported objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum InputFormat {
    /// Comma-separated values.
    Csv,
    /// Lines of items in DynamoDB's JSON.
    DynamodbJson,
    /// Amazon Ion.
    Ion,
}

/// Compression of imported objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum InputCompressionType {
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// None.
    None,
}

/// Details of the form of imported objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InputFormatOptions {
    /// Details of CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv: Option<CsvOptions>,
}

/// Details of comma-separated values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CsvOptions {
    /// Delimiter, one of comma, tab, colon, semicolon, bar and space. Default: comma.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[,;:|\t ]$"))]
    pub delimiter: Option<String>,
    /// Names of the columns. Absent: the first line of each object names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), inner(length(min = 1, max = 65536)), extend("x-kubernetes-list-type" = "atomic"))]
    pub header_list: Option<Vec<String>>,
}
