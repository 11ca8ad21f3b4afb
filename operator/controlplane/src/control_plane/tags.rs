//! Tags of tables.

use partita_model::TableName;
use partita_protocol::definition::Tag;
use partita_protocol::output::TableStatus;
use partita_protocol::{ServiceError, operation, output};

use super::ControlPlane;
use crate::catalog::{TableRecord, TagChange};

/// Parts of an ARN: `arn:aws:dynamodb:<region>:<account>:<resource>`.
const ARN_PARTS: usize = 6;

impl ControlPlane {
    /// TagResource.
    pub async fn tag_resource(
        &self,
        asked: operation::TagResource,
    ) -> Result<output::ChangedTags, ServiceError> {
        let set = asked.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let change = TagChange { set, ..TagChange::default() };
        self.change_tags(&asked.arn, "TagResource", change).await
    }

    /// UntagResource. Keys that are not there are no error.
    pub async fn untag_resource(
        &self,
        asked: operation::UntagResource,
    ) -> Result<output::ChangedTags, ServiceError> {
        let change = TagChange { remove: asked.keys, ..TagChange::default() };
        self.change_tags(&asked.arn, "UntagResource", change).await
    }

    /// ListTagsOfResource: all of them.
    pub async fn list_tags_of_resource(
        &self,
        asked: operation::ListTagsOfResource,
    ) -> Result<output::ListTagsOfResource, ServiceError> {
        let name = self.table_of_arn(&asked.arn, "ListTagsOfResource")?;
        let table = self.taggable(&name, &asked.arn).await?;
        let tags = self.catalog.tags(table.id).await?;
        Ok(output::ListTagsOfResource {
            tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
        })
    }

    async fn change_tags(
        &self,
        arn: &str,
        action: &str,
        change: TagChange,
    ) -> Result<output::ChangedTags, ServiceError> {
        let name = self.table_of_arn(arn, action)?;
        let _guard = self.locks.lock(&name).await;
        let table = self.taggable(&name, arn).await?;
        self.catalog.change_tags(table.id, change).await?;
        tracing::info!(table = %name, action, "table tags changed");
        Ok(output::ChangedTags {})
    }

    async fn taggable(&self, name: &TableName, arn: &str) -> Result<TableRecord, ServiceError> {
        let table = self.catalog.table(name).await?.filter(|table| table.status != TableStatus::Deleting);
        table.ok_or_else(|| ServiceError::resource_not_found_arn(arn))
    }

    fn table_of_arn(&self, arn: &str, action: &str) -> Result<TableName, ServiceError> {
        let scope = &self.options.scope;
        if let Some(name) = scope.table_of_arn(arn) {
            return Ok(name);
        }
        match foreign_account(arn, &scope.account_id) {
            true => {
                let principal = format!("arn:aws:iam::{}:root", scope.account_id);
                Err(ServiceError::access_denied(&principal, action, arn))
            }
            false => Err(ServiceError::invalid_resource_arn(arn)),
        }
    }
}

/// Whether an ARN is that of a table of another account.
fn foreign_account(arn: &str, own: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(ARN_PARTS, ':').collect();
    match parts.as_slice() {
        ["arn", "aws", "dynamodb", _, account, resource] => {
            let is_account = account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit());
            is_account && *account != own && resource.starts_with("table/")
        }
        _ => false,
    }
}
