//! PutItem.

use std::borrow::Cow;

use partita_protocol::operation::{self, ReturnValues};
use partita_protocol::output;

use super::Intent;
use crate::engine::TableEngine;
use crate::{Error, check};

impl TableEngine {
    /// Puts an item, in place of the one with the same key if there is one.
    ///
    /// # Errors
    /// When the item does not fit the table's schema or limits, or the condition does not hold. After any error that is not
    /// the caller's fault the outcome is unknown.
    pub async fn put_item(&self, put: &operation::PutItem) -> Result<output::WriteItem, Error> {
        let table = self.table(&put.table)?;
        let key = check::put(&table, &put.item)?;
        let intent = Intent {
            table: &table,
            key: &key,
            condition: put.condition.as_ref(),
            show_item: put.on_condition_failure,
            change: |_: Option<&_>| Ok(Some(Cow::Borrowed(&put.item))),
        };
        let outcome = self.core.write(intent).await?;
        let old = match put.return_values {
            ReturnValues::AllOld => outcome.images.before.clone().map(Into::into),
            _ => None,
        };
        let given = put.table.as_given();
        Ok(outcome.answer(&table, &put.item, given, old, put.capacity, put.collection_metrics))
    }
}
