//! What a node can say of its tables without the control plane: what it knows from their descriptors.

mod describe;

use std::sync::Arc;

use partita_model::clock::Clock;
use partita_model::limits::{ACCOUNT_UNITS_MAX, TABLE_UNITS_MAX};
use partita_model::name::Scope;
use partita_protocol::output::{Answer, DescribeLimits, DescribedTable, ListTables};
use partita_protocol::{Operation, ServiceError, operation};
use partita_table::TableEngine;

/// Answers from descriptors.
#[derive(Debug)]
pub(crate) struct LocalTables {
    pub(crate) engine: Arc<TableEngine>,
    pub(crate) scope: Scope,
    pub(crate) clock: Arc<dyn Clock>,
}

impl LocalTables {
    /// Whether this operation only shows what descriptors tell. Tags are the catalog's.
    pub(crate) fn can_answer(operation: &Operation) -> bool {
        matches!(
            operation,
            Operation::DescribeTable(_) | Operation::ListTables(_) | Operation::DescribeLimits(_)
        )
    }

    /// The answer; `InternalServerError` for operations that cannot be answered here.
    pub(crate) async fn answer(&self, operation: Operation) -> Result<Vec<u8>, ServiceError> {
        match operation {
            Operation::DescribeTable(asked) => Ok(self.describe_table(asked).await?.to_bytes()),
            Operation::ListTables(asked) => Ok(self.list_tables(&asked).to_bytes()),
            Operation::DescribeLimits(_) => Ok(limits().to_bytes()),
            _ => Err(ServiceError::internal()),
        }
    }

    async fn describe_table(&self, asked: operation::DescribeTable) -> Result<DescribedTable, ServiceError> {
        let name = asked.table.name(&self.scope)?;
        let unknown = || ServiceError::resource_not_found_table(&name);
        let descriptor = self.engine.descriptor_of(&name).ok_or_else(unknown)?;
        let statistics = self.engine.statistics(descriptor.id).await?;
        Ok(DescribedTable { table: describe::table(&descriptor, &statistics, &self.scope, self.clock.now()) })
    }

    fn list_tables(&self, asked: &operation::ListTables) -> ListTables {
        let tables = self.engine.tables();
        let names = tables.into_keys().filter(|name| asked.after.as_ref().is_none_or(|after| name > after));
        let mut table_names: Vec<_> = names.take(asked.limit.saturating_add(1)).collect();
        let more = table_names.len() > asked.limit;
        table_names.truncate(asked.limit);
        let last_evaluated_table_name = table_names.last().filter(|_| more).cloned();
        ListTables { table_names, last_evaluated_table_name }
    }
}

fn limits() -> DescribeLimits {
    DescribeLimits {
        account_max_read_capacity_units: ACCOUNT_UNITS_MAX,
        account_max_write_capacity_units: ACCOUNT_UNITS_MAX,
        table_max_read_capacity_units: TABLE_UNITS_MAX,
        table_max_write_capacity_units: TABLE_UNITS_MAX,
    }
}
