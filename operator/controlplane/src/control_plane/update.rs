//! UpdateTable.

use partita_model::descriptor::BillingMode;
use partita_protocol::definition::{StreamSpecification, WarmThroughput};
use partita_protocol::output::{TableDescription, TableStatus};
use partita_protocol::{ServiceError, operation};

use super::ControlPlane;
use super::change::TableChange;
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
        let table = self.idle_table(&name).await?;
        let protection_only = asked.deletion_protection_enabled.is_some();
        let change = requested(asked, &table)?;
        let before = self.describe(&table).await;
        let changed = self.change_locked(table, change).await?;
        Ok(match protection_only {
            true => self.describe(&changed).await,
            false => on_its_way(before, &changed),
        })
    }

    /// Changes a table whose lock the caller holds, and gives it as it was stored.
    async fn change_locked(
        &self,
        table: TableRecord,
        change: Option<TableChange>,
    ) -> Result<TableRecord, ServiceError> {
        let Some(change) = change else { return Ok(table) };
        let changed = change.apply(&table, self.clock.now())?;
        if changed == table {
            return Ok(table);
        }
        let stored = self.catalog.update_table(changed).await?;
        tracing::info!(table = %stored.name, generation = stored.generation.0, "table change accepted");
        // The data plane hears of what it only shows, too; nobody waits for that.
        self.unpublished().insert(stored.id);
        self.finish_or_log(stored.clone()).await;
        Ok(stored)
    }
}

/// The change that a request asks for, or nothing if it asks for what is there. The request's own rules hold.
fn requested(
    asked: operation::UpdateTable,
    table: &TableRecord,
) -> Result<Option<TableChange>, ServiceError> {
    if let Some(member) = asked.unsupported {
        return Err(ServiceError::unsupported(member));
    }
    match asked.stream {
        Some(StreamSpecification { stream_enabled: true, .. }) => {
            return Err(ServiceError::unsupported("StreamSpecification with StreamEnabled true"));
        }
        Some(_) => return Err(ServiceError::no_stream_to_disable(table.name.as_str())),
        None => {}
    }
    match asked.sse {
        Some(sse) if sse.enabled == Some(true) => {
            return Err(ServiceError::unsupported("SSESpecification with Enabled true"));
        }
        Some(_) => return Err(ServiceError::already_encrypted()),
        None => {}
    }
    if let Some(warm) = asked.warm_throughput {
        return check_warm(warm, table).map(|()| None);
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
    Ok(match (asked.table_class, asked.deletion_protection_enabled) {
        (Some(class), _) => Some(TableChange::Class(class)),
        (None, Some(enabled)) => Some(TableChange::DeletionProtection(enabled)),
        (None, None) => {
            Some(TableChange::Capacity { billing_mode: asked.billing_mode, throughput: asked.throughput })
        }
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

/// The table as the service shows it while a change is on its way: old units and counts, new times, the new billing mode.
fn on_its_way(before: TableDescription, changed: &TableRecord) -> TableDescription {
    let definition = &changed.definition;
    let now_on_demand = definition.billing() == BillingMode::PayPerRequest;
    let mut shown = before;
    shown.table_status = TableStatus::Updating;
    shown.provisioned_throughput.last_increase_date_time = changed.history.last_increase();
    shown.provisioned_throughput.last_decrease_date_time = changed.history.last_decrease();
    if now_on_demand {
        shown.provisioned_throughput.read_capacity_units = 0;
        shown.provisioned_throughput.write_capacity_units = 0;
    }
    let was_on_demand = shown.billing_mode_summary.and_then(|s| s.last_update_to_pay_per_request_date_time);
    shown.billing_mode_summary = changed.history.billing(definition.billing()).map(|mut summary| {
        summary.last_update_to_pay_per_request_date_time = was_on_demand;
        summary
    });
    shown
}
