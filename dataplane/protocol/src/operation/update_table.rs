//! UpdateTable.

use std::collections::BTreeSet;

use partita_model::descriptor::BillingMode;
use serde_json::Value;

use super::table_ref::{TableRef, name_form};
use crate::ServiceError;
use crate::definition::member::{required, table_member};
use crate::definition::{
    BILLING_MODES, DraftSettings, OnDemandThroughput, ProvisionedThroughput, Settings, SseSpecification,
    StreamSpecification, TableClass, ThroughputMember, WarmThroughput, out_of_bounds,
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
    /// A member this installation does not act on yet, to be refused once the table is known to be there.
    pub unsupported: Option<&'static str>,
}

impl UpdateTable {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let table = members.string("TableName")?;
        let billing_mode = members.string("BillingMode")?;
        let throughput = ThroughputMember::read(&mut members)?;
        let settings = DraftSettings::read(&mut members)?;
        let index_updates = members.list("GlobalSecondaryIndexUpdates", IndexUpdate::read)?;
        let unknown = UNKNOWN_MEMBERS.into_iter().find(|name| members.take(name).is_some());

        let mut violations = Violations::new();
        table_member(table.as_deref(), &mut violations);
        let place = Place::member("billingMode");
        let billing_mode = BILLING_MODES.check(billing_mode.as_deref(), &place, &mut violations);
        let throughput = throughput.check(&mut violations);
        IndexUpdate::check_all(index_updates.as_deref(), &mut violations);
        let settings = settings.check(&mut violations);
        violations.finish()?;

        let Settings {
            stream,
            sse,
            table_class,
            deletion_protection_enabled,
            warm_throughput,
            on_demand_throughput,
        } = settings;
        let update = Self {
            table: TableRef::new(table.unwrap_or_default()),
            billing_mode,
            throughput,
            table_class,
            deletion_protection_enabled,
            stream,
            sse,
            warm_throughput,
            on_demand_throughput,
            unsupported: unknown.or(index_updates.as_ref().map(|_| "GlobalSecondaryIndexUpdates")),
        };
        update.check()?;
        IndexUpdate::check_rules(index_updates.as_deref())?;
        Ok(update)
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
        if let Some((member, _)) = alone.into_iter().find(|(_, there)| *there && members > 1) {
            return Err(UpdateRule::NotAlone(member).into());
        }
        if self.on_demand_throughput.is_some() && members > 1 + usize::from(self.billing_mode.is_some()) {
            return Err(UpdateRule::CeilingsNotAlone.into());
        }
        self.check_throughput()?;
        self.check_ceilings()?;
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
            self.unsupported.is_some(),
        ];
        there.into_iter().filter(|there| *there).count()
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

/// One element of `GlobalSecondaryIndexUpdates`: its shape is checked although it is not acted on.
#[derive(Debug)]
struct IndexUpdate {
    actions: Vec<IndexAction>,
}

#[derive(Debug)]
struct IndexAction {
    /// camelCase.
    name: &'static str,
    index: Option<String>,
}

impl IndexUpdate {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        let mut actions = Vec::new();
        for (member, name) in [("Update", "update"), ("Create", "create"), ("Delete", "delete")] {
            if let Some(mut action) = members.structure(member)? {
                actions.push(IndexAction { name, index: action.string("IndexName")? });
            }
        }
        Ok(Self { actions })
    }

    fn check_all(updates: Option<&[Self]>, violations: &mut Violations) {
        let place = Place::member("globalSecondaryIndexUpdates");
        for (position, update) in updates.into_iter().flatten().enumerate() {
            for action in &update.actions {
                let place = place.element(position).then(action.name).then("indexName");
                if let Some(name) = required(action.index.as_deref(), &place, violations) {
                    name_form(name, &place, violations);
                }
            }
        }
    }

    fn check_rules(updates: Option<&[Self]>) -> Result<(), ServiceError> {
        let Some(updates) = updates else { return Ok(()) };
        if updates.is_empty() {
            return Err(UpdateRule::IndexUpdatesEmpty.into());
        }
        let mut touched = BTreeSet::new();
        for update in updates {
            let [action] = update.actions.as_slice() else {
                return Err(match update.actions.is_empty() {
                    true => UpdateRule::IndexUpdateEmpty.into(),
                    false => UpdateRule::IndexUpdateAmbiguous.into(),
                });
            };
            let index = action.index.as_deref().unwrap_or_default();
            if !touched.insert(index) {
                return Err(UpdateRule::IndexUpdateRepeated(index.to_owned()).into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
