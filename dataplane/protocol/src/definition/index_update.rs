//! UpdateTable's changes of global indexes, against the table they are asked of.

use std::collections::BTreeSet;

use partita_model::descriptor::BillingMode;
use partita_model::{IndexName, TableName, limits};

use super::support::{initial_units, unsupported_of_index};
use super::{
    AttributeDefinition, GlobalIndexDefinition, OnDemandThroughput, ProvisionedThroughput, TableDefinition,
    WarmThroughput,
};
use crate::ServiceError;
use crate::error::IndexUpdateRule;

/// A change of one global index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexUpdate {
    /// A new index, to be filled from the items that the table has.
    Create(GlobalIndexDefinition),
    /// Other throughput.
    Update(IndexThroughput),
    /// The index's end.
    Delete(IndexName),
}

/// What is to be changed of an index's throughput. Absent members stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexThroughput {
    /// Which index.
    pub index_name: IndexName,
    /// For tables that are provisioned.
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// Throughput the index is to be ready for at once.
    pub warm_throughput: Option<WarmThroughput>,
    /// Ceilings, for tables that are on demand.
    pub on_demand_throughput: Option<OnDemandThroughput>,
}

impl IndexUpdate {
    /// Which index it is about.
    pub fn index_name(&self) -> &IndexName {
        match self {
            Self::Create(index) => &index.index_name,
            Self::Update(change) => &change.index_name,
            Self::Delete(name) => name,
        }
    }

    /// Whether an index comes or goes: of such changes there is one at a time.
    pub fn is_online(&self) -> bool {
        matches!(self, Self::Create(_) | Self::Delete(_))
    }
}

impl TableDefinition {
    /// The definition after UpdateTable's changes of global indexes. `self` is the table named `table` as the same request
    /// makes it otherwise: its new billing mode counts. Of `attributes` only those are taken that a new index's key needs and
    /// the table has not; definitions that no key uses any more go.
    ///
    /// Also without changes it must be asked when the billing mode changes: a provisioned table's indexes all have throughput.
    ///
    /// That no other index is coming or going is for the caller to know ([`ServiceError::online_index_limit`]), as is how often
    /// throughput may fall. What is returned keeps the rules of [`TableDefinition::check`] if `self` did.
    pub fn with_index_updates(
        &self,
        table: &TableName,
        updates: &[IndexUpdate],
        attributes: &[AttributeDefinition],
    ) -> Result<Self, ServiceError> {
        if updates.iter().filter(|update| update.is_online()).count() > 1 {
            return Err(ServiceError::online_index_limit());
        }
        let mut changed = self.clone();
        for update in updates {
            let name = update.index_name();
            if !matches!(update, IndexUpdate::Create(_)) && !changed.has_index(name) {
                return Err(ServiceError::index_not_found(name, table));
            }
            match update {
                IndexUpdate::Create(index) => changed.add_index(index, attributes)?,
                IndexUpdate::Update(change) => changed.change_index(change)?,
                IndexUpdate::Delete(name) => changed.remove_index(name)?,
            }
        }
        changed.check_indexes_provisioned()?;
        if !updates.is_empty() {
            changed.check()?;
        }
        updates.iter().try_for_each(|update| changed.refuse_unsupported_update(update))?;
        Ok(changed)
    }

    fn add_index(
        &mut self,
        index: &GlobalIndexDefinition,
        attributes: &[AttributeDefinition],
    ) -> Result<(), ServiceError> {
        if self.has_index(&index.index_name) {
            return Err(IndexUpdateRule::Exists.into());
        }
        let name = || index.index_name.to_string();
        match (self.billing(), index.provisioned_throughput) {
            (BillingMode::Provisioned, None) => {
                return Err(IndexUpdateRule::ThroughputRequired(name()).into());
            }
            (BillingMode::PayPerRequest, Some(_)) => {
                return Err(IndexUpdateRule::ThroughputOnDemand(name()).into());
            }
            _ => {}
        }
        if attributes.is_empty() {
            return Err(IndexUpdateRule::NoDefinitions(name()).into());
        }
        self.define_attributes_of(index, attributes);
        let indexes = self.global_secondary_indexes.get_or_insert_default();
        if indexes.len() >= limits::GLOBAL_INDEXES_MAX {
            return Err(ServiceError::too_many_global_indexes(limits::GLOBAL_INDEXES_MAX));
        }
        indexes.push(index.clone());
        Ok(())
    }

    /// Takes the definitions that the index's key needs and the table has not. Which are missing then is told with the other
    /// rules of keys.
    fn define_attributes_of(&mut self, index: &GlobalIndexDefinition, attributes: &[AttributeDefinition]) {
        for element in &index.key_schema {
            let is_it = |a: &&AttributeDefinition| a.attribute_name == element.attribute_name;
            if !self.attribute_definitions.iter().any(|a| is_it(&a)) {
                self.attribute_definitions.extend(attributes.iter().find(is_it).cloned());
            }
        }
    }

    fn change_index(&mut self, change: &IndexThroughput) -> Result<(), ServiceError> {
        let billing = self.billing();
        let mut indexes = self.global_secondary_indexes.iter_mut().flatten();
        match indexes.find(|index| index.index_name == change.index_name) {
            Some(index) => change.apply(index, billing),
            None => Err(IndexUpdateRule::UpdateOfLocal(change.index_name.to_string()).into()),
        }
    }

    fn remove_index(&mut self, name: &IndexName) -> Result<(), ServiceError> {
        let indexes = self.global_secondary_indexes.take().unwrap_or_default();
        let (gone, left): (Vec<_>, Vec<_>) = indexes.into_iter().partition(|index| index.index_name == *name);
        // An empty list is not the same as none.
        self.global_secondary_indexes = Some(left).filter(|left| !left.is_empty());
        if gone.is_empty() {
            return Err(IndexUpdateRule::DeleteOfLocal(name.to_string()).into());
        }
        let used: BTreeSet<String> = self.key_attribute_names().map(str::to_owned).collect();
        self.attribute_definitions.retain(|attribute| used.contains(&attribute.attribute_name));
        Ok(())
    }

    /// Whether there is such an index, global or local.
    fn has_index(&self, name: &IndexName) -> bool {
        let local = self.local_secondary_indexes.iter().flatten().map(|index| &index.index_name);
        let global = self.global_secondary_indexes.iter().flatten().map(|index| &index.index_name);
        local.chain(global).any(|taken| taken == name)
    }

    /// UpdateTable says it in other words than CreateTable.
    fn check_indexes_provisioned(&self) -> Result<(), ServiceError> {
        let indexes = self.global_secondary_indexes.iter().flatten();
        let without = indexes.filter(|index| index.provisioned_throughput.is_none());
        let names: Vec<&str> = without.map(|index| index.index_name.as_str()).collect();
        match self.billing() == BillingMode::Provisioned && !names.is_empty() {
            true => Err(IndexUpdateRule::ThroughputMissing(names.join(",")).into()),
            false => Ok(()),
        }
    }

    /// As [`TableDefinition::refuse_unsupported`], of what an update has asked for.
    fn refuse_unsupported_update(&self, update: &IndexUpdate) -> Result<(), ServiceError> {
        let (warm, ceilings) = match update {
            IndexUpdate::Create(index) => (index.warm_throughput, index.on_demand_throughput),
            IndexUpdate::Update(change) => (change.warm_throughput, change.on_demand_throughput),
            IndexUpdate::Delete(_) => return Ok(()),
        };
        let mut indexes = self.global_secondary_indexes.iter().flatten();
        let index = indexes.find(|index| index.index_name == *update.index_name());
        match unsupported_of_index(warm, ceilings, index.and_then(|index| index.provisioned_throughput)) {
            Some(member) => Err(ServiceError::unsupported(member)),
            None => Ok(()),
        }
    }
}

impl IndexThroughput {
    /// Changes the index's throughput, as far as a table of that billing mode has any.
    fn apply(&self, index: &mut GlobalIndexDefinition, billing: BillingMode) -> Result<(), ServiceError> {
        let name = || self.index_name.to_string();
        let Self { provisioned_throughput, warm_throughput, on_demand_throughput, .. } = *self;
        let only_units = warm_throughput.is_none() && on_demand_throughput.is_none();
        match (billing, provisioned_throughput) {
            (BillingMode::PayPerRequest, Some(_)) => {
                return Err(IndexUpdateRule::UpdateOnDemand(name()).into());
            }
            (BillingMode::PayPerRequest, None) if only_units => {
                return Err(IndexUpdateRule::UpdateOnDemand(name()).into());
            }
            (BillingMode::Provisioned, None) if only_units => {
                return Err(IndexUpdateRule::ThroughputRequired(name()).into());
            }
            _ => {}
        }
        if let Some(ceilings) = on_demand_throughput {
            check_ceilings(ceilings, billing, &self.index_name)?;
            index.on_demand_throughput = ceilings.over(index.on_demand_throughput);
        }
        if let Some(warm) = warm_throughput {
            check_not_cooler(warm, index)?;
        }
        if let Some(units) = provisioned_throughput {
            if index.provisioned_throughput == Some(units) {
                return Err(ServiceError::index_throughput_unchanged(&self.index_name, units.into()));
            }
            index.provisioned_throughput = Some(units);
            // It was a wish for the units of before.
            index.warm_throughput = None;
        }
        Ok(())
    }
}

/// A ceiling is at least one, or −1 to take it away.
fn check_ceilings(
    ceilings: OnDemandThroughput,
    billing: BillingMode,
    index: &IndexName,
) -> Result<(), ServiceError> {
    let members = [
        ("MaxReadRequestUnits", ceilings.max_read_request_units),
        ("MaxWriteRequestUnits", ceilings.max_write_request_units),
    ];
    for (member, units) in members {
        let index = index.to_string();
        match units {
            Some(_) if billing == BillingMode::Provisioned => {
                return Err(IndexUpdateRule::CeilingOfProvisioned { member, index }.into());
            }
            Some(units) if units < 1 && units != -1 => {
                return Err(IndexUpdateRule::CeilingRange { member, index }.into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Warm throughput never falls.
fn check_not_cooler(asked: WarmThroughput, index: &GlobalIndexDefinition) -> Result<(), ServiceError> {
    let (read, write) = initial_units(index.provisioned_throughput);
    let members = [
        ("ReadUnitsPerSecond", asked.read_units_per_second, read),
        ("WriteUnitsPerSecond", asked.write_units_per_second, write),
    ];
    match members.into_iter().find(|(_, asked, current)| asked.is_some_and(|units| units < *current)) {
        Some((member, _, _)) => {
            Err(IndexUpdateRule::WarmDecrease { member, index: index.index_name.to_string() }.into())
        }
        None => Ok(()),
    }
}

impl OnDemandThroughput {
    /// These ceilings in place of those there were; where they say nothing, those of before.
    fn over(self, before: Option<Self>) -> Option<Self> {
        let before = before.unwrap_or_default();
        let kept = |asked: Option<i64>, before| asked.or(before).filter(|units| *units != -1);
        let merged = Self {
            max_read_request_units: kept(self.max_read_request_units, before.max_read_request_units),
            max_write_request_units: kept(self.max_write_request_units, before.max_write_request_units),
        };
        Some(merged).filter(|ceilings| *ceilings != Self::default())
    }
}

#[cfg(test)]
mod tests;
