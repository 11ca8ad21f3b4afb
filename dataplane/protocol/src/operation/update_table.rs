//! UpdateTable.

use partita_model::descriptor::BillingMode;

use super::table_ref::TableRef;
use crate::ServiceError;
use crate::definition::member::table_member;
use crate::definition::{
    AttributeDefinition, AttributesMember, BILLING_MODES, DraftIndexUpdate, DraftSettings, IndexUpdate,
    OnDemandThroughput, ProvisionedThroughput, Settings, SseSpecification, StreamSpecification, TableClass,
    ThroughputMember, WarmThroughput, out_of_bounds,
};
use crate::error::{Place, UpdateRule, Violations};
use crate::json::Members;

/// Members that are never acted on yet. Each counts as something to update.
const UNKNOWN_MEMBERS: [&str; 7] = [
    "ReplicaUpdates",
    "MultiRegionConsistency",
    "GlobalTableWitnessUpdates",
    "GlobalTableSettingsReplicationMode",
    "VectorIndexUpdates",
    "MultiAccountReplicaReady",
    "ReplicaTransitRoleArn",
];

/// UpdateTable. At least one of the optional members is there.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateTable {
    /// Which one.
    pub table: TableRef,
    /// How capacity is to be paid for.
    pub billing_mode: Option<BillingMode>,
    /// Present whenever `billing_mode` is provisioned, absent whenever it is on demand.
    pub throughput: Option<ProvisionedThroughput>,
    /// The only member then.
    pub table_class: Option<TableClass>,
    /// The only member then.
    pub deletion_protection_enabled: Option<bool>,
    /// With a view type exactly when enabled.
    pub stream: Option<StreamSpecification>,
    /// The only member then.
    pub sse: Option<SseSpecification>,
    /// The only member then.
    pub warm_throughput: Option<WarmThroughput>,
    /// Alone, or with `billing_mode`.
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// Changes of global indexes, each of another one. For
    /// [`TableDefinition::with_index_updates`](crate::definition::TableDefinition::with_index_updates).
    pub index_updates: Vec<IndexUpdate>,
    /// Types for the key of a new index. They may say more than that, or other things than are so: that does not count.
    pub attribute_definitions: Vec<AttributeDefinition>,
    /// A member this installation does not act on yet, to be refused once the table is known to be there.
    pub unsupported: Option<&'static str>,
}

impl UpdateTable {
    pub(crate) fn read(members: Members) -> Result<Self, ServiceError> {
        let draft = Draft::read(members)?;
        let empty_list = draft.index_updates.as_ref().is_some_and(Vec::is_empty);
        let update = draft.check()?;
        update.check()?;
        match empty_list {
            true => Err(UpdateRule::IndexUpdatesEmpty.into()),
            false => Ok(update),
        }
    }

    /// The rules between members.
    fn check(&self) -> Result<(), ServiceError> {
        let members = self.members();
        if members == 0 {
            return Err(ServiceError::nothing_to_update());
        }
        let alone = [
            ("Server-Side Encryption modification", self.sse.is_some()),
            ("TableClass modification", self.table_class.is_some()),
            ("DeletionProtection modification", self.deletion_protection_enabled.is_some()),
            ("WarmThroughput", self.warm_throughput.is_some()),
        ];
        let creates = self.index_updates.iter().any(|update| matches!(update, IndexUpdate::Create(_)));
        if members == 2 && self.warm_throughput.is_some() && creates {
            return Err(UpdateRule::IndexCreatedWhileWarming.into());
        }
        if let Some((member, _)) = alone.into_iter().find(|(_, there)| *there && members > 1) {
            return Err(UpdateRule::NotAlone(member).into());
        }
        if self.on_demand_throughput.is_some() && members > 1 + usize::from(self.billing_mode.is_some()) {
            return Err(UpdateRule::CeilingsNotAlone.into());
        }
        self.check_throughput()?;
        self.check_ceilings()?;
        self.check_neighbours()?;
        match &self.stream {
            Some(StreamSpecification { stream_enabled: true, stream_view_type: None }) => {
                Err(UpdateRule::StreamWithoutView.into())
            }
            Some(StreamSpecification { stream_enabled: false, stream_view_type: Some(_) }) => {
                Err(UpdateRule::ViewWithoutStream.into())
            }
            _ => Ok(()),
        }
    }

    /// How many things are to be updated.
    fn members(&self) -> usize {
        let there = [
            self.billing_mode.is_some(),
            self.throughput.is_some(),
            self.table_class.is_some(),
            self.deletion_protection_enabled.is_some(),
            self.stream.is_some(),
            self.sse.is_some(),
            self.warm_throughput.is_some(),
            self.on_demand_throughput.is_some(),
            !self.index_updates.is_empty(),
            self.unsupported.is_some(),
        ];
        there.into_iter().filter(|there| *there).count()
    }

    /// What cannot be changed along with throughput or with the stream.
    fn check_neighbours(&self) -> Result<(), ServiceError> {
        let online = self.index_updates.iter().any(IndexUpdate::is_online);
        match (self.throughput.is_some(), self.stream.is_some()) {
            (true, _) if online => Err(UpdateRule::IndexOnlineWhile("updating table IOPS").into()),
            (_, true) if online => Err(UpdateRule::IndexOnlineWhile("changing stream status").into()),
            (true, true) => Err(UpdateRule::StreamWithThroughput.into()),
            _ => Ok(()),
        }
    }

    fn check_throughput(&self) -> Result<(), ServiceError> {
        match (self.billing_mode, self.throughput) {
            (Some(BillingMode::PayPerRequest), Some(_)) => Err(UpdateRule::ThroughputOnDemand.into()),
            (Some(BillingMode::Provisioned), None) => Err(UpdateRule::ThroughputRequired.into()),
            (_, given) => match given.and_then(out_of_bounds) {
                Some((member, value)) => Err(UpdateRule::OutOfBounds { member, value }.into()),
                None => Ok(()),
            },
        }
    }

    /// A ceiling is at least one, or −1 to take it away.
    fn check_ceilings(&self) -> Result<(), ServiceError> {
        let Some(ceilings) = self.on_demand_throughput else { return Ok(()) };
        let members = [
            ("MaxReadRequestUnits", ceilings.max_read_request_units),
            ("MaxWriteRequestUnits", ceilings.max_write_request_units),
        ];
        match members.into_iter().find(|(_, units)| units.is_some_and(|units| units < 1 && units != -1)) {
            Some((member, _)) => Err(UpdateRule::CeilingRange(member).into()),
            None => Ok(()),
        }
    }
}

/// The members with their JSON types right and nothing else checked.
struct Draft {
    table: Option<String>,
    billing_mode: Option<String>,
    throughput: ThroughputMember,
    settings: DraftSettings,
    index_updates: Option<Vec<DraftIndexUpdate>>,
    attributes: AttributesMember,
    unknown: Option<&'static str>,
}

impl Draft {
    fn read(mut members: Members) -> Result<Self, ServiceError> {
        Ok(Self {
            table: members.string("TableName")?,
            billing_mode: members.string("BillingMode")?,
            throughput: ThroughputMember::read(&mut members)?,
            settings: DraftSettings::read(&mut members)?,
            index_updates: members.list("GlobalSecondaryIndexUpdates", DraftIndexUpdate::read)?,
            attributes: AttributesMember::read(&mut members)?,
            unknown: UNKNOWN_MEMBERS.into_iter().find(|name| members.take(name).is_some()),
        })
    }

    /// Applies the constraints of the service model.
    fn check(self) -> Result<UpdateTable, ServiceError> {
        let mut violations = Violations::new();
        table_member(self.table.as_deref(), &mut violations);
        let place = Place::member("billingMode");
        let billing_mode = BILLING_MODES.check(self.billing_mode.as_deref(), &place, &mut violations);
        let throughput = self.throughput.check(&mut violations);
        let index_updates = checked_updates(self.index_updates.unwrap_or_default(), &mut violations);
        let attribute_definitions = self.attributes.check(&mut violations);
        let settings = self.settings.check(&mut violations);
        violations.finish()?;

        let Settings { stream, sse, table_class, deletion_protection_enabled, .. } = settings;
        Ok(UpdateTable {
            table: TableRef::new(self.table.unwrap_or_default()),
            billing_mode,
            throughput,
            table_class,
            deletion_protection_enabled,
            stream,
            sse,
            warm_throughput: settings.warm_throughput,
            on_demand_throughput: settings.on_demand_throughput,
            index_updates: single_actions(index_updates)?,
            attribute_definitions,
            unsupported: self.unknown,
        })
    }
}

fn checked_updates(updates: Vec<DraftIndexUpdate>, violations: &mut Violations) -> Vec<Vec<IndexUpdate>> {
    let place = Place::member("globalSecondaryIndexUpdates");
    let updates = updates.into_iter().enumerate();
    updates.map(|(position, update)| update.check(&place.element(position), violations)).collect()
}

/// Each element of `GlobalSecondaryIndexUpdates` is one action, and no two are about the same index.
fn single_actions(updates: Vec<Vec<IndexUpdate>>) -> Result<Vec<IndexUpdate>, ServiceError> {
    let mut actions: Vec<IndexUpdate> = Vec::with_capacity(updates.len());
    for update in updates {
        let [action] = <[IndexUpdate; 1]>::try_from(update).map_err(|several| match several.is_empty() {
            true => UpdateRule::IndexUpdateEmpty,
            false => UpdateRule::IndexUpdateAmbiguous,
        })?;
        let name = action.index_name();
        if actions.iter().any(|other| other.index_name() == name) {
            return Err(UpdateRule::IndexUpdateRepeated(name.to_string()).into());
        }
        actions.push(action);
    }
    Ok(actions)
}

#[cfg(test)]
mod tests;
