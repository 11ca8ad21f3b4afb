//! UpdateTable.

use partita_model::descriptor::BillingMode;
use partita_model::{IndexName, TableName};
use partita_protocol::definition::{IndexUpdate, WarmThroughput};
use partita_protocol::error::{BusyIndex, BusyTable};
use partita_protocol::output::{BillingModeSummary, GlobalIndexDescription, TableDescription, TableStatus};
use partita_protocol::{ServiceError, operation};

use super::ControlPlane;
use super::change::TableChange;
use super::describe::View;
use super::tables::idle;
use crate::catalog::TableRecord;

impl ControlPlane {
    /// UpdateTable. The answer is the service's: of new throughput it tells the old units and `UPDATING`, although in process
    /// the table has the new ones by then.
    pub async fn update_table(
        &self,
        asked: operation::UpdateTable,
    ) -> Result<TableDescription, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        let _guard = self.locks.lock(&name).await;
        let table = self.table_to_update(&name, &asked).await?;
        let protection_only = asked.deletion_protection_enabled.is_some();
        let change = requested(asked, &table)?;
        let before = self.describe(&table).await;
        let changed = self.change_locked(&table, change).await?;
        Ok(match protection_only {
            true => self.describe(&changed).await,
            false => {
                let counted = self.last_statistics.recall(changed.id);
                on_its_way(before, self.description(&changed, &counted, View::Described))
            }
        })
    }

    /// The table, if it can be changed so: it is `ACTIVE`, or one of its indexes is on its way in and nothing but its deletion
    /// is asked for. The caller holds its lock.
    async fn table_to_update(
        &self,
        name: &TableName,
        asked: &operation::UpdateTable,
    ) -> Result<TableRecord, ServiceError> {
        let table = self.settled(name).await?.ok_or_else(|| ServiceError::resource_not_found_table(name))?;
        match (table.status, asked.index_updates.as_slice()) {
            (TableStatus::Updating, [IndexUpdate::Delete(index)]) if table.parts.is_coming(index) => {
                Ok(table)
            }
            (TableStatus::Updating, _) if table.parts.has_index_under_way() => Err(in_the_way(&table, asked)),
            _ => idle(table),
        }
    }

    /// Changes a table whose lock the caller holds, and gives it as it was stored.
    async fn change_locked(
        &self,
        table: &TableRecord,
        change: TableChange,
    ) -> Result<TableRecord, ServiceError> {
        let ids = self.catalog.take_ids(change.ids()).await?;
        let changed = change.apply(table, ids, self.clock.now())?;
        if changed == *table {
            return Ok(changed);
        }
        let stored = self.catalog.update_table(changed).await?;
        tracing::info!(table = %stored.name, generation = stored.generation.0, "table change accepted");
        // The data plane hears of what it only shows, too; nobody waits for that.
        self.begin(stored.clone()).await;
        Ok(stored)
    }
}

/// What an index on its way says to a request.
fn in_the_way(table: &TableRecord, asked: &operation::UpdateTable) -> ServiceError {
    let leaving: Vec<&IndexName> = table.parts.leaving.iter().map(|index| &index.index_name).collect();
    for update in &asked.index_updates {
        let name = update.index_name();
        match update {
            IndexUpdate::Create(_) => {}
            _ if leaving.contains(&name) => {
                return ServiceError::index_in_use(&table.name, name, BusyIndex::Deleting);
            }
            IndexUpdate::Update(_) if table.parts.is_coming(name) => {
                return ServiceError::index_in_use(&table.name, name, BusyIndex::Creating);
            }
            IndexUpdate::Update(_) | IndexUpdate::Delete(_) => {}
        }
    }
    if asked.index_updates.iter().any(IndexUpdate::is_online) {
        return ServiceError::online_index_limit();
    }
    match asked.throughput.is_some() && !leaving.is_empty() {
        true => ServiceError::throughput_in_use_by_deletion(&table.name, &leaving),
        false => ServiceError::resource_in_use(&table.name, BusyTable::Updating),
    }
}

/// The change that a request asks for; one that changes nothing if it asks for what is there. The request's own rules hold.
fn requested(asked: operation::UpdateTable, table: &TableRecord) -> Result<TableChange, ServiceError> {
    if let Some(member) = asked.unsupported {
        return Err(ServiceError::unsupported(member));
    }
    match asked.sse {
        Some(sse) if sse.enabled == Some(true) => {
            return Err(ServiceError::unsupported("SSESpecification with Enabled true"));
        }
        Some(_) => return Err(ServiceError::already_encrypted()),
        None => {}
    }
    if let Some(warm) = asked.warm_throughput {
        return check_warm(warm, table).map(|()| TableChange::default());
    }
    if let Some(ceilings) = asked.on_demand_throughput {
        let mode = asked.billing_mode.unwrap_or(table.definition.billing());
        if mode == BillingMode::Provisioned {
            return Err(ServiceError::on_demand_limit_of_provisioned_table());
        }
        if ceilings.has_ceiling() {
            return Err(ServiceError::unsupported("OnDemandThroughput"));
        }
    }
    Ok(TableChange {
        billing_mode: asked.billing_mode,
        throughput: asked.throughput,
        class: asked.table_class,
        deletion_protection: asked.deletion_protection_enabled,
        stream: asked.stream,
        attributes: asked.attribute_definitions,
        indexes: asked.index_updates,
    })
}

/// Warm throughput never falls, and cannot be raised yet.
fn check_warm(asked: WarmThroughput, table: &TableRecord) -> Result<(), ServiceError> {
    let current = table.history.warm();
    let members = [
        ("ReadUnitsPerSecond", asked.read_units_per_second, current.read_units_per_second),
        ("WriteUnitsPerSecond", asked.write_units_per_second, current.write_units_per_second),
    ];
    for (member, asked, current) in members {
        match asked {
            Some(units) if units < current => return Err(ServiceError::warm_throughput_decrease(member)),
            Some(units) if units > current => {
                return Err(ServiceError::unsupported("WarmThroughput above the current one"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The table as the service shows it while a change is on its way: old units and counts, new times, the new billing mode,
/// indexes with what happens to them.
fn on_its_way(before: TableDescription, after: TableDescription) -> TableDescription {
    let is_on_demand = |s: &BillingModeSummary| s.billing_mode == BillingMode::PayPerRequest;
    let now_on_demand = after.billing_mode_summary.as_ref().is_some_and(is_on_demand);
    let mut units = before.provisioned_throughput;
    units.last_increase_date_time = after.provisioned_throughput.last_increase_date_time;
    units.last_decrease_date_time = after.provisioned_throughput.last_decrease_date_time;
    if now_on_demand {
        units.read_capacity_units = 0;
        units.write_capacity_units = 0;
    }
    let was_on_demand = before.billing_mode_summary.and_then(|s| s.last_update_to_pay_per_request_date_time);
    let index = |index| index_on_its_way(&before.global_secondary_indexes, index);
    TableDescription {
        table_status: TableStatus::Updating,
        provisioned_throughput: units,
        statistics: before.statistics,
        billing_mode_summary: after.billing_mode_summary.map(|summary| BillingModeSummary {
            last_update_to_pay_per_request_date_time: was_on_demand,
            ..summary
        }),
        global_secondary_indexes: after.global_secondary_indexes.into_iter().map(index).collect(),
        table_class_summary: before.table_class_summary,
        warm_throughput: before.warm_throughput,
        ..after
    }
}

/// An index that changes its units has the old ones still.
fn index_on_its_way(
    before: &[GlobalIndexDescription],
    after: GlobalIndexDescription,
) -> GlobalIndexDescription {
    let old = before.iter().find(|old| old.index_name == after.index_name);
    match old {
        Some(old) if old.provisioned_throughput != after.provisioned_throughput => {
            GlobalIndexDescription { index_status: TableStatus::Updating, ..old.clone() }
        }
        _ => after,
    }
}
