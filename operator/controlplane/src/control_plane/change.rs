//! Changes of a table's settings: pure, from one record to the next.

use partita_model::TableId;
use partita_model::clock::UnixMillis;
use partita_model::descriptor::{BillingMode, TableSettings, Throughput};
use partita_protocol::ServiceError;
use partita_protocol::definition::{
    AttributeDefinition, IndexUpdate, ProvisionedThroughput, StreamSpecification, TableClass,
};
use partita_protocol::error::UnchangedThroughput;
use partita_protocol::output::TableStatus;

use crate::Error;
use crate::catalog::{IndexPart, IndexState, TableRecord, asked_view};
use crate::history::is_decrease;

/// What is to change of a table; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TableChange {
    /// How capacity is paid for.
    pub(super) billing_mode: Option<BillingMode>,
    /// Needed with the provisioned mode, refused with the other.
    pub(super) throughput: Option<ProvisionedThroughput>,
    /// The balance of storage and request cost.
    pub(super) class: Option<TableClass>,
    /// Whether the table can be deleted.
    pub(super) deletion_protection: Option<bool>,
    /// Whether changes are readable as a stream.
    pub(super) stream: Option<StreamSpecification>,
    /// Attributes that keys of new indexes may use.
    pub(super) attributes: Vec<AttributeDefinition>,
    /// Of global indexes.
    pub(super) indexes: Vec<IndexUpdate>,
}

impl TableChange {
    /// How many new ids it takes.
    pub(super) fn ids(&self) -> usize {
        self.indexes.iter().filter(|change| matches!(change, IndexUpdate::Create(_))).count()
    }

    /// The record after the change: the same if nothing changes, of the next generation if something does, and `UPDATING`
    /// until the data plane has heard of it if that serves by what changed.
    pub(super) fn apply(
        self,
        table: &TableRecord,
        ids: Vec<TableId>,
        now: UnixMillis,
    ) -> Result<TableRecord, ServiceError> {
        let mut changed = table.clone();
        change_capacity(&mut changed, self.billing_mode, self.throughput, now)?;
        change_indexes(&mut changed, &self.indexes, &self.attributes, ids)?;
        if let Some(stream) = &self.stream {
            change_stream(&mut changed, stream, now)?;
        }
        if let Some(class) = self.class {
            change_class(&mut changed, class, now)?;
        }
        if let Some(enabled) = self.deletion_protection {
            changed.definition.deletion_protection_enabled = Some(enabled);
        }
        changed.definition.check()?;
        let mut changed = changed.after(table)?;
        if serves_otherwise(&changed, table)? {
            changed.status = TableStatus::Updating;
        }
        Ok(changed)
    }
}

/// Whether the data plane serves the two differently.
fn serves_otherwise(changed: &TableRecord, table: &TableRecord) -> Result<bool, Error> {
    let (mut changed, mut table) = (changed.descriptor()?, table.descriptor()?);
    changed.generation = table.generation;
    changed.settings = TableSettings::default();
    table.settings = TableSettings::default();
    Ok(changed != table)
}

/// Each new index takes one of the `ids`. Also asked for when no index changes: they have to go with the billing mode.
fn change_indexes(
    table: &mut TableRecord,
    updates: &[IndexUpdate],
    attributes: &[AttributeDefinition],
    ids: Vec<TableId>,
) -> Result<(), ServiceError> {
    let after = table.definition.with_index_updates(&table.name, updates, attributes)?;
    let before = std::mem::replace(&mut table.definition, after);
    let mut ids = ids.into_iter();
    for update in updates {
        match update {
            IndexUpdate::Create(index) => {
                let part = ids.next().map(|id| IndexPart { id, state: IndexState::Building });
                table.parts.indexes.extend(part.map(|part| (index.index_name.clone(), part)));
            }
            IndexUpdate::Delete(name) => {
                table.parts.indexes.remove(name);
                let indexes = before.global_secondary_indexes.iter().flatten();
                table.parts.leaving.extend(indexes.filter(|index| index.index_name == *name).cloned());
            }
            IndexUpdate::Update(_) => {}
        }
    }
    Ok(())
}

fn change_stream(
    table: &mut TableRecord,
    asked: &StreamSpecification,
    now: UnixMillis,
) -> Result<(), ServiceError> {
    match (table.parts.enabled_stream(), asked_view(asked)) {
        (Some(_), Some(_)) => return Err(ServiceError::stream_already_enabled(table.name.as_str())),
        (None, None) => return Err(ServiceError::no_stream_to_disable(table.name.as_str())),
        (Some(_), None) => {
            table.parts.disable_stream();
            table.definition.stream_specification = None;
        }
        (None, Some(view)) => {
            table.parts.enable_stream(view, now);
            table.definition.stream_specification = Some(asked.clone());
        }
    }
    Ok(())
}

fn change_capacity(
    table: &mut TableRecord,
    billing_mode: Option<BillingMode>,
    throughput: Option<ProvisionedThroughput>,
    now: UnixMillis,
) -> Result<(), ServiceError> {
    let definition = &mut table.definition;
    let wanted = billing_mode.unwrap_or(definition.billing());
    match (definition.billing(), wanted, definition.provisioned_throughput, throughput) {
        (_, BillingMode::PayPerRequest, _, Some(_)) => Err(ServiceError::throughput_of_on_demand_table()),
        (BillingMode::Provisioned, BillingMode::Provisioned, Some(from), Some(to)) => {
            change_throughput(table, from.into(), to.into(), now)?;
            table.definition.provisioned_throughput = Some(to);
            Ok(())
        }
        (BillingMode::Provisioned, BillingMode::PayPerRequest, _, None) => {
            table.history.check_switch_to_on_demand(now)?;
            table.history.record_switch_to_on_demand(now);
            definition.billing_mode = Some(BillingMode::PayPerRequest);
            definition.provisioned_throughput = None;
            definition.warm_throughput = None;
            for index in definition.global_secondary_indexes.iter_mut().flatten() {
                index.provisioned_throughput = None;
                index.warm_throughput = None;
            }
            Ok(())
        }
        (BillingMode::PayPerRequest, BillingMode::Provisioned, _, Some(to)) => {
            table.history.record_switch_to_provisioned(to.into());
            definition.billing_mode = Some(BillingMode::Provisioned);
            definition.provisioned_throughput = Some(to);
            definition.warm_throughput = None;
            definition.on_demand_throughput = None;
            Ok(())
        }
        (BillingMode::PayPerRequest, BillingMode::Provisioned, _, None) => {
            // The definition's rules say what is missing.
            definition.billing_mode = Some(BillingMode::Provisioned);
            Ok(())
        }
        // Asking again for what is: the service takes it and does nothing.
        (_, _, _, None) | (BillingMode::Provisioned, BillingMode::Provisioned, None, Some(_)) => Ok(()),
    }
}

fn change_throughput(
    table: &mut TableRecord,
    from: Throughput,
    to: Throughput,
    now: UnixMillis,
) -> Result<(), ServiceError> {
    if from == to {
        let Throughput { read_units, write_units } = to;
        return Err(ServiceError::throughput_unchanged(UnchangedThroughput { read_units, write_units }));
    }
    if is_decrease(from, to) {
        table.history.check_decrease(now)?;
    }
    table.history.record_throughput(from, to, now);
    Ok(())
}

/// Asking for the class that the table has is taken and is no change.
fn change_class(table: &mut TableRecord, class: TableClass, now: UnixMillis) -> Result<(), ServiceError> {
    if table.definition.table_class.unwrap_or(TableClass::Standard) != class {
        table.history.check_class_change(now)?;
        table.history.record_class_change(now);
    }
    table.definition.table_class = Some(class);
    Ok(())
}
