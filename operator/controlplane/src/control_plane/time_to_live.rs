//! The expiry of items: turning it on and off, and showing how far it is.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::TimeToLive;
use partita_model::{TableId, TableName};
use partita_protocol::definition::TimeToLiveSpecification;
use partita_protocol::output::{TableStatus, TimeToLiveDescription, TimeToLiveStatus};
use partita_protocol::{ServiceError, operation, output};

use super::ControlPlane;
use crate::catalog::{ExpiryPart, ExpiryState, TableRecord};

impl ControlPlane {
    /// UpdateTimeToLive. Within [`Limits::time_to_live_interval_ms`](crate::Limits) of the last change it is refused.
    pub async fn update_time_to_live(
        &self,
        asked: operation::UpdateTimeToLive,
    ) -> Result<output::UpdateTimeToLive, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        let specification = asked.specification;
        let interval_ms = self.options.limits.time_to_live_interval_ms;
        self.change_expiry(&name, &specification, interval_ms).await?;
        Ok(output::UpdateTimeToLive { time_to_live_specification: specification })
    }

    /// Turns expiry on or off for a manifest, whenever it was changed last: the steps of a plan follow one another, and the
    /// interval is there to keep callers from flapping.
    pub async fn set_declared_time_to_live(
        &self,
        table: &TableName,
        specification: &TimeToLiveSpecification,
    ) -> Result<(), ServiceError> {
        self.change_expiry(table, specification, 0).await
    }

    /// DescribeTimeToLive. Goes on with an unfinished table first, unless somebody is at it.
    pub async fn describe_time_to_live(
        &self,
        asked: operation::DescribeTimeToLive,
    ) -> Result<output::DescribeTimeToLive, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        let table = self.look_at(&name).await?;
        let table = table.ok_or_else(|| ServiceError::resource_not_found_table(&name))?;
        match table.status {
            TableStatus::Active | TableStatus::Updating => {}
            busy => return Err(ServiceError::time_to_live_of_busy_table(busy)),
        }
        Ok(output::DescribeTimeToLive { time_to_live_description: description(&table) })
    }

    async fn change_expiry(
        &self,
        name: &TableName,
        asked: &TimeToLiveSpecification,
        interval_ms: u64,
    ) -> Result<(), ServiceError> {
        let _guard = self.locks.lock(name).await;
        let table = self.idle_table(name).await?;
        check(&table, asked)?;
        let now = self.clock.now();
        let last = table.parts.time_to_live_changed_ms;
        if last.is_some_and(|last| now.0 < last.saturating_add(interval_ms)) {
            return Err(ServiceError::time_to_live_changed_recently());
        }
        let id = self.catalog.take_ids(usize::from(asked.enabled)).await?.pop();
        let changed = changed(&table, id, asked, now);
        let stored = self.catalog.update_table(changed.after(&table)?).await?;
        tracing::info!(table = %name, enabled = asked.enabled, attribute = asked.attribute_name, "expiry changed");
        self.begin(stored).await;
        Ok(())
    }
}

/// Whether the change is one.
fn check(table: &TableRecord, asked: &TimeToLiveSpecification) -> Result<(), ServiceError> {
    match (table.parts.expiry(), asked.enabled) {
        (None, false) => Err(ServiceError::time_to_live_disabled()),
        (Some(setting), _) if setting.attribute != asked.attribute_name => {
            Err(ServiceError::time_to_live_of_other_attribute(&setting.attribute))
        }
        (Some(_), true) => Err(ServiceError::time_to_live_enabled()),
        (None, true) | (Some(_), false) => Ok(()),
    }
}

/// The table with expiry turned on under this id, or off.
fn changed(
    table: &TableRecord,
    id: Option<TableId>,
    asked: &TimeToLiveSpecification,
    now: UnixMillis,
) -> TableRecord {
    let mut changed = table.clone();
    changed.parts.time_to_live_changed_ms = Some(now.0);
    match id {
        Some(id) => {
            let setting = TimeToLive { id, attribute: asked.attribute_name.clone() };
            changed.parts.time_to_live = Some(ExpiryPart { setting, state: ExpiryState::Enabling });
        }
        None => {
            if let Some(part) = &mut changed.parts.time_to_live {
                part.state = ExpiryState::Disabling;
            }
        }
    }
    changed
}

/// How the table's items expire, as answers show it.
pub(super) fn description(table: &TableRecord) -> TimeToLiveDescription {
    let Some(part) = &table.parts.time_to_live else {
        let status = TimeToLiveStatus::Disabled;
        return TimeToLiveDescription { time_to_live_status: status, attribute_name: None };
    };
    let time_to_live_status = match part.state {
        ExpiryState::Enabling => TimeToLiveStatus::Enabling,
        ExpiryState::Enabled => TimeToLiveStatus::Enabled,
        ExpiryState::Disabling => TimeToLiveStatus::Disabling,
    };
    TimeToLiveDescription { time_to_live_status, attribute_name: Some(part.setting.attribute.clone()) }
}
