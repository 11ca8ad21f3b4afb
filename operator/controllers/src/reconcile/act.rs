//! Steps as calls to the control plane.

use partita_model::descriptor::BillingMode;
use partita_model::{IndexName, TableName};
use partita_protocol::ServiceError;
use partita_protocol::definition::{
    IndexThroughput, IndexUpdate, ProvisionedThroughput, StreamSpecification, TimeToLiveSpecification,
};
use partita_protocol::operation::{TableRef, UpdateTable};

use super::TableControl;
use crate::plan::Step;

/// Does one step.
pub(super) async fn act(
    control: &dyn TableControl,
    table: &TableName,
    step: Step,
) -> Result<(), ServiceError> {
    let mut update = no_update(table);
    match step {
        Step::Create(definition) => return control.create(table, &definition).await,
        Step::Delete => return control.delete(table).await,
        Step::Tag(tags) => return control.tag(table, tags).await,
        Step::Untag(keys) => return control.untag(table, keys).await,
        Step::EnableTimeToLive(attribute) => {
            return control.set_time_to_live(table, expiry(true, attribute)).await;
        }
        Step::DisableTimeToLive(attribute) => {
            return control.set_time_to_live(table, expiry(false, attribute)).await;
        }
        Step::SetOnDemand => update.billing_mode = Some(BillingMode::PayPerRequest),
        Step::SetProvisioned { table, indexes } => {
            update.billing_mode = Some(BillingMode::Provisioned);
            update.throughput = Some(table);
            update.index_updates =
                indexes.into_iter().map(|(index, units)| index_units(index, units)).collect();
        }
        Step::SetThroughput(units) => update.throughput = Some(units),
        Step::SetIndexThroughput(index, units) => update.index_updates.push(index_units(index, units)),
        Step::SetClass(class) => update.table_class = Some(class),
        Step::SetDeletionProtection(on) => update.deletion_protection_enabled = Some(on),
        Step::EnableStream(view) => {
            let view = Some(view);
            update.stream = Some(StreamSpecification { stream_enabled: true, stream_view_type: view });
        }
        Step::DisableStream => update.stream = Some(StreamSpecification::default()),
        Step::CreateIndex(index, attributes) => {
            update.index_updates.push(IndexUpdate::Create(*index));
            update.attribute_definitions = attributes;
        }
        Step::DeleteIndex(index) => update.index_updates.push(IndexUpdate::Delete(index)),
    }
    control.update(update).await
}

fn no_update(table: &TableName) -> UpdateTable {
    UpdateTable {
        table: TableRef::new(table.as_str()),
        billing_mode: None,
        throughput: None,
        table_class: None,
        deletion_protection_enabled: None,
        stream: None,
        sse: None,
        warm_throughput: None,
        on_demand_throughput: None,
        index_updates: Vec::new(),
        attribute_definitions: Vec::new(),
        unsupported: None,
    }
}

fn expiry(enabled: bool, attribute_name: String) -> TimeToLiveSpecification {
    TimeToLiveSpecification { enabled, attribute_name }
}

fn index_units(index_name: IndexName, units: ProvisionedThroughput) -> IndexUpdate {
    IndexUpdate::Update(IndexThroughput {
        index_name,
        provisioned_throughput: Some(units),
        warm_throughput: None,
        on_demand_throughput: None,
    })
}
