//! ACK's annotations: aliases of fields of our specs, so that a manifest may keep them. The spec wins.

use std::collections::BTreeMap;

use crate::{AdoptionPolicy, DeletionPolicy};

/// What ACK's annotations start with.
pub const PREFIX: &str = "services.k8s.aws/";
/// Region the object's table is in.
pub const REGION: &str = "services.k8s.aws/region";
/// Account the object's table is in.
pub const OWNER_ACCOUNT_ID: &str = "services.k8s.aws/owner-account-id";
/// `delete` or `retain`.
pub const DELETION_POLICY: &str = "services.k8s.aws/deletion-policy";
/// `adopt` or `adopt-or-create`.
pub const ADOPTION_POLICY: &str = "services.k8s.aws/adoption-policy";
/// JSON that names the table to adopt; the spec's `tableName` does that here.
pub const ADOPTION_FIELDS: &str = "services.k8s.aws/adoption-fields";
/// `true`: nothing is changed in the table.
pub const READ_ONLY: &str = "services.k8s.aws/read-only";
/// Where ACK would reach DynamoDB; the installation itself is DynamoDB here.
pub const ENDPOINT_URL: &str = "services.k8s.aws/endpoint-url";

/// What an object's annotations say, and which of them cannot be honoured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations {
    /// From [`DELETION_POLICY`].
    pub deletion_policy: Option<DeletionPolicy>,
    /// From [`ADOPTION_POLICY`].
    pub adoption_policy: Option<AdoptionPolicy>,
    /// From [`READ_ONLY`].
    pub read_only: bool,
    /// Annotations of ACK that are ignored, with the reason, in the order of their names.
    pub ignored: Vec<(String, String)>,
}

impl Annotations {
    /// Reads an object's annotations. `region` and `account_id` are the installation's.
    pub fn read(annotations: &BTreeMap<String, String>, region: &str, account_id: &str) -> Self {
        let mut read = Self::default();
        for (key, value) in annotations.iter().filter(|(key, _)| key.starts_with(PREFIX)) {
            if let Err(reason) = read.take(key, value, region, account_id) {
                read.ignored.push((key.clone(), reason));
            }
        }
        read
    }

    fn take(&mut self, key: &str, value: &str, region: &str, account_id: &str) -> Result<(), String> {
        let unknown = || Err(format!("unknown value {value:?}"));
        match key {
            DELETION_POLICY => match value {
                "delete" => self.deletion_policy = Some(DeletionPolicy::Delete),
                "retain" => self.deletion_policy = Some(DeletionPolicy::Retain),
                _ => return unknown(),
            },
            ADOPTION_POLICY => match value {
                "adopt" => self.adoption_policy = Some(AdoptionPolicy::Adopt),
                "adopt-or-create" => self.adoption_policy = Some(AdoptionPolicy::AdoptOrCreate),
                _ => return unknown(),
            },
            READ_ONLY => match value {
                "true" => self.read_only = true,
                "false" => self.read_only = false,
                _ => return unknown(),
            },
            REGION if value != region => return Err(format!("this is region {region}")),
            OWNER_ACCOUNT_ID if value != account_id => return Err(format!("this is account {account_id}")),
            REGION | OWNER_ACCOUNT_ID => {}
            ADOPTION_FIELDS => return Err("the table's name is spec.tableName".to_owned()),
            ENDPOINT_URL => return Err("the table is in this installation".to_owned()),
            _ => return Err("unknown annotation".to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Annotations {
        let map = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Annotations::read(&map, "eu-central-1", "000000000000")
    }

    #[test]
    fn policies_are_read_and_foreign_annotations_are_left_alone() {
        let read = read(&[
            (DELETION_POLICY, "retain"),
            (ADOPTION_POLICY, "adopt"),
            (READ_ONLY, "true"),
            (REGION, "eu-central-1"),
            ("example.com/x", "y"),
        ]);
        assert_eq!(read.deletion_policy, Some(DeletionPolicy::Retain));
        assert_eq!(read.adoption_policy, Some(AdoptionPolicy::Adopt));
        assert!(read.read_only);
        assert_eq!(read.ignored, []);
    }

    #[test]
    fn what_cannot_be_honoured_is_reported() {
        let read = read(&[(REGION, "us-east-1"), (DELETION_POLICY, "maybe"), (ENDPOINT_URL, "http://x")]);
        let names: Vec<_> = read.ignored.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [DELETION_POLICY, ENDPOINT_URL, REGION]);
        assert_eq!(read.deletion_policy, None);
    }
}
