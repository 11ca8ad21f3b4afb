//! DeleteItem.

use partita_protocol::operation::{self, ReturnValues};
use partita_protocol::output;

use super::Intent;
use crate::engine::TableEngine;
use crate::{Error, check};

impl TableEngine {
    /// Deletes an item. Deleting one that is not there succeeds.
    ///
    /// # Errors
    /// When the key does not fit the table's schema, or the condition does not hold. After any error that is not the
    /// caller's fault the outcome is unknown.
    pub async fn delete_item(&self, delete: &operation::DeleteItem) -> Result<output::WriteItem, Error> {
        let table = self.table(&delete.table)?;
        let key = check::key(&table.descriptor, &delete.key)?;
        let intent = Intent {
            table: &table,
            key: &key,
            condition: delete.condition.as_ref(),
            show_item: delete.on_condition_failure,
            change: |_: Option<&_>| Ok(None),
        };
        let outcome = self.core.write(intent).await?;
        let old = match delete.return_values {
            ReturnValues::AllOld => outcome.images.before.clone().map(Into::into),
            _ => None,
        };
        let given = delete.table.as_given();
        Ok(outcome.answer(&table, &delete.key, given, old, delete.capacity, delete.collection_metrics))
    }
}
