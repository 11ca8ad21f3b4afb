//! CreateTable's rules, in the service's order.

use std::collections::BTreeSet;

use partita_model::descriptor::BillingMode;
use partita_model::limits;
use partita_model::schema::KeyAttribute;

use super::keys::{Definitions, table_key};
use super::{CheckedDefinition, SseType, TableDefinition, indexes, tags, throughput};
use crate::ServiceError;
use crate::error::DefinitionRule;

impl TableDefinition {
    /// Applies CreateTable's rules; the first one broken is the error, as the service orders them: throughput, the table's key,
    /// local indexes, global indexes, projections, stream, encryption, tags.
    ///
    /// Total: no definition makes it panic, however it came about.
    pub fn check(&self) -> Result<CheckedDefinition, ServiceError> {
        throughput::check_table(self)?;
        let definitions = Definitions::of(&self.attribute_definitions)?;
        let key = table_key(&self.key_schema, &definitions)?;
        self.check_no_spare_definition()?;
        let local_indexes = indexes::local(self, &key, &definitions)?;
        let global_indexes = indexes::global(self, &definitions)?;
        self.check_definitions_used()?;
        self.check_projected_attributes()?;
        self.check_stream()?;
        self.check_encryption()?;
        tags::check(self.tags.as_deref().unwrap_or_default())?;
        Ok(CheckedDefinition {
            key,
            attributes: self.attributes(),
            local_indexes,
            global_indexes,
            billing: self.billing(),
            throughput: self.provisioned_throughput.map(Into::into),
        })
    }

    /// The billing mode, provisioned unless told otherwise.
    pub fn billing(&self) -> BillingMode {
        self.billing_mode.unwrap_or(BillingMode::Provisioned)
    }

    fn attributes(&self) -> Vec<KeyAttribute> {
        let attribute = |a: &super::AttributeDefinition| KeyAttribute {
            name: a.attribute_name.clone(),
            scalar: a.attribute_type,
        };
        self.attribute_definitions.iter().map(attribute).collect()
    }

    /// Without indexes the service compares counts only, and says so.
    fn check_no_spare_definition(&self) -> Result<(), ServiceError> {
        let no_indexes = self.local_secondary_indexes.is_none() && self.global_secondary_indexes.is_none();
        match no_indexes && self.key_schema.len() != self.attribute_definitions.len() {
            true => Err(DefinitionRule::DefinitionCount.into()),
            false => Ok(()),
        }
    }

    /// The names of the attributes of all keys, perhaps several times.
    pub(super) fn key_attribute_names(&self) -> impl Iterator<Item = &str> {
        let local = self.local_secondary_indexes.iter().flatten().flat_map(|index| &index.key_schema);
        let global = self.global_secondary_indexes.iter().flatten().flat_map(|index| &index.key_schema);
        let keys = self.key_schema.iter().chain(local).chain(global);
        keys.map(|element| element.attribute_name.as_str())
    }

    fn check_definitions_used(&self) -> Result<(), ServiceError> {
        let used: BTreeSet<&str> = self.key_attribute_names().collect();
        let defined = || self.attribute_definitions.iter().map(|a| a.attribute_name.as_str());
        if defined().all(|name| used.contains(name)) {
            return Ok(());
        }
        let definitions = defined().collect::<BTreeSet<_>>();
        Err(DefinitionRule::UnusedDefinition { definitions: joined(definitions), used: joined(used) }.into())
    }

    fn check_projected_attributes(&self) -> Result<(), ServiceError> {
        let local = self.local_secondary_indexes.iter().flatten().map(|index| &index.projection);
        let global = self.global_secondary_indexes.iter().flatten().map(|index| &index.projection);
        let projected: usize = local
            .chain(global)
            .map(|projection| projection.non_key_attributes.iter().flatten().count())
            .sum();
        match projected > limits::PROJECTED_ATTRIBUTES_MAX {
            true => Err(DefinitionRule::TooManyProjectedAttributes(limits::PROJECTED_ATTRIBUTES_MAX).into()),
            false => Ok(()),
        }
    }

    fn check_stream(&self) -> Result<(), ServiceError> {
        let Some(stream) = &self.stream_specification else { return Ok(()) };
        match (stream.stream_enabled, stream.stream_view_type) {
            (true, None) => Err(DefinitionRule::StreamWithoutView.into()),
            (false, Some(_)) => Err(DefinitionRule::ViewWithoutStream.into()),
            _ => Ok(()),
        }
    }

    fn check_encryption(&self) -> Result<(), ServiceError> {
        let Some(sse) = &self.sse_specification else { return Ok(()) };
        let enabled = sse.enabled.unwrap_or(false);
        let rule = match (enabled, sse.sse_type, &sse.kms_master_key_id) {
            (false, Some(_), _) => DefinitionRule::EncryptionDisabledWith("SSEType"),
            (false, None, Some(_)) => DefinitionRule::EncryptionDisabledWith("KMSMasterKeyId"),
            (true, Some(SseType::Aes256), _) => DefinitionRule::EncryptionTypeRefused,
            (true, None, Some(_)) => DefinitionRule::EncryptionKeyWithoutType,
            _ => return Ok(()),
        };
        Err(rule.into())
    }
}

/// Names as lists show them.
pub(super) fn joined<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
