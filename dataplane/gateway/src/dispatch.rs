//! From a checked operation to the bytes of its answer: items go to the data plane, tables to the control plane.

use std::sync::Arc;

use partita_protocol::output::{
    Answer, ChangedTable, ChangedTags, DescribeEndpoints, DescribedTable, TableDescription,
};
use partita_protocol::{Operation, ServiceError};
use partita_table::TableEngine;

use crate::control::ControlPlane;

/// Who carries out operations.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) engine: Arc<TableEngine>,
    pub(crate) control: Arc<dyn ControlPlane>,
}

impl Dispatcher {
    /// Carries out an operation; `host` is what the caller calls this server.
    pub(crate) async fn dispatch(&self, operation: Operation, host: &str) -> Result<Vec<u8>, ServiceError> {
        let (engine, control) = (&self.engine, &self.control);
        Ok(match operation {
            Operation::PutItem(put) => engine.put_item(&put).await?.to_bytes(),
            Operation::GetItem(get) => engine.get_item(&get).await?.to_bytes(),
            Operation::UpdateItem(update) => engine.update_item(&update).await?.to_bytes(),
            Operation::DeleteItem(delete) => engine.delete_item(&delete).await?.to_bytes(),
            Operation::BatchGetItem(batch) => engine.batch_get_item(&batch).await?.to_bytes(),
            Operation::BatchWriteItem(batch) => engine.batch_write_item(&batch).await?.to_bytes(),
            Operation::Query(query) => engine.query(&query).await?.to_bytes(),
            Operation::Scan(scan) => engine.scan(&scan).await?.to_bytes(),
            Operation::CreateTable(create) => changed(control.create_table(create).await?),
            Operation::DescribeTable(describe) => {
                DescribedTable { table: control.describe_table(describe).await? }.to_bytes()
            }
            Operation::ListTables(list) => control.list_tables(list).await?.to_bytes(),
            Operation::UpdateTable(update) => changed(control.update_table(update).await?),
            Operation::DeleteTable(delete) => changed(control.delete_table(delete).await?),
            Operation::TagResource(tag) => {
                control.tag_resource(tag).await.map(|()| ChangedTags {}.to_bytes())?
            }
            Operation::UntagResource(untag) => {
                control.untag_resource(untag).await.map(|()| ChangedTags {}.to_bytes())?
            }
            Operation::ListTagsOfResource(list) => control.list_tags_of_resource(list).await?.to_bytes(),
            Operation::DescribeLimits(describe) => control.describe_limits(describe).await?.to_bytes(),
            Operation::DescribeEndpoints(_) => DescribeEndpoints::at(host).to_bytes(),
        })
    }
}

fn changed(table_description: TableDescription) -> Vec<u8> {
    ChangedTable { table_description }.to_bytes()
}
