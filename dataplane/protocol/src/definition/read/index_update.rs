//! Changes of global indexes from JSON.

use serde_json::Value;

use super::super::{IndexThroughput, IndexUpdate, OnDemandThroughput};
use super::DraftThroughput;
use super::index::{DraftIndex, index_name};
use super::settings::{DraftWarm, on_demand};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;

/// One element of `GlobalSecondaryIndexUpdates`, which may name none of its actions, or several.
#[derive(Debug)]
pub(crate) struct DraftIndexUpdate {
    update: Option<DraftIndexThroughput>,
    create: Option<DraftIndex>,
    delete: Option<DraftIndexName>,
}

impl DraftIndexUpdate {
    pub(crate) fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            update: members.read("Update", DraftIndexThroughput::read)?,
            create: members.read("Create", DraftIndex::read)?,
            delete: members.read("Delete", DraftIndexName::read)?,
        })
    }

    /// Records the broken constraints. All actions are returned only if there were none.
    pub(crate) fn check(self, place: &Place, violations: &mut Violations) -> Vec<IndexUpdate> {
        let update = self.update.and_then(|update| update.check(&place.then("update"), violations));
        let create = self.create.and_then(|create| create.global(&place.then("create"), violations));
        let delete = self.delete.and_then(|delete| index_name(delete.0, &place.then("delete"), violations));
        let actions = [
            update.map(IndexUpdate::Update),
            create.map(IndexUpdate::Create),
            delete.map(IndexUpdate::Delete),
        ];
        actions.into_iter().flatten().collect()
    }
}

#[derive(Debug)]
struct DraftIndexName(Option<String>);

impl DraftIndexName {
    fn read(value: Value) -> Result<Self, ServiceError> {
        Ok(Self(Members::of_value(value)?.string("IndexName")?))
    }
}

#[derive(Debug)]
struct DraftIndexThroughput {
    name: Option<String>,
    throughput: Option<DraftThroughput>,
    warm: Option<DraftWarm>,
    on_demand: Option<OnDemandThroughput>,
}

impl DraftIndexThroughput {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            name: members.string("IndexName")?,
            throughput: members.read("ProvisionedThroughput", DraftThroughput::read)?,
            warm: members.read("WarmThroughput", DraftWarm::read)?,
            on_demand: members.read("OnDemandThroughput", on_demand)?,
        })
    }

    fn check(self, place: &Place, violations: &mut Violations) -> Option<IndexThroughput> {
        let index_name = index_name(self.name, place, violations);
        let throughput = place.then("provisionedThroughput");
        Some(IndexThroughput {
            provisioned_throughput: self.throughput.and_then(|units| units.check(&throughput, violations)),
            warm_throughput: self.warm.map(|warm| warm.check(&place.then("warmThroughput"), violations)),
            on_demand_throughput: self.on_demand,
            index_name: index_name?,
        })
    }
}
