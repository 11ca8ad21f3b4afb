//! Bringing tables to where they are going.

use std::error::Error as StdError;

use partita_model::TableName;
use partita_protocol::output::TableStatus;

use super::ControlPlane;
use crate::Error;
use crate::catalog::TableRecord;

/// Tables read at once while going through all of them: a few megabytes at most.
const PAGE: usize = 256;

impl ControlPlane {
    /// Finishes what is unfinished and tells the data plane what it may lack. Gives the number of tables that are still not
    /// where they are going; the reasons are in the log. May be called at any time and as often as one likes.
    pub async fn drive(&self) -> Result<usize, Error> {
        let mut unfinished = 0;
        let mut after: Option<TableName> = None;
        loop {
            let page = self.catalog.tables(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(unfinished) };
            after = Some(last.name.clone());
            for table in page.into_iter().filter(|table| self.is_unfinished(table)) {
                let _guard = self.locks.lock(&table.name).await;
                let Some(table) = self.catalog.table(&table.name).await? else { continue };
                if !self.finish_or_log(table).await {
                    unfinished += 1;
                }
            }
        }
    }

    /// Tells the data plane of every table again, and finishes what is unfinished: for a data plane that started anew and may lack
    /// some. Gives what [`Self::drive`] gives.
    pub async fn republish(&self) -> Result<usize, Error> {
        self.mark_all_unpublished().await?;
        self.drive().await
    }

    /// Whether there is something left to do.
    pub(super) fn is_unfinished(&self, table: &TableRecord) -> bool {
        table.status != TableStatus::Active || self.unpublished().contains(&table.id)
    }

    pub(super) async fn mark_all_unpublished(&self) -> Result<(), Error> {
        let mut after: Option<TableName> = None;
        loop {
            let page = self.catalog.tables(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.name.clone());
            self.unpublished().extend(page.iter().map(|table| table.id));
        }
    }

    /// Goes on with a table whose lock the caller holds. False, and a warning, if it did not get there.
    pub(super) async fn finish_or_log(&self, table: TableRecord) -> bool {
        let (name, status) = (table.name.clone(), table.status);
        match self.finish(table).await {
            Ok(()) => true,
            Err(error) => {
                let error = &error as &dyn StdError;
                tracing::warn!(table = %name, status = status.as_str(), error, "table left unfinished");
                false
            }
        }
    }

    async fn finish(&self, table: TableRecord) -> Result<(), Error> {
        match table.status {
            TableStatus::Creating | TableStatus::Updating => self.publish_and_activate(table).await,
            TableStatus::Deleting => self.drop_and_remove(table).await,
            TableStatus::Active if self.unpublished().contains(&table.id) => self.publish(&table).await,
            TableStatus::Active => Ok(()),
        }
    }

    async fn publish(&self, table: &TableRecord) -> Result<(), Error> {
        let descriptor = table.descriptor()?;
        let applied = self.data_plane.apply(descriptor).await;
        applied.map_err(|source| Error::DataPlane { table: table.name.clone(), source })?;
        self.unpublished().remove(&table.id);
        Ok(())
    }

    async fn publish_and_activate(&self, mut table: TableRecord) -> Result<(), Error> {
        self.publish(&table).await?;
        table.status = TableStatus::Active;
        let table = self.catalog.update_table(table).await?;
        tracing::info!(table = %table.name, id = %table.id, generation = table.generation.0, "table active");
        Ok(())
    }

    async fn drop_and_remove(&self, table: TableRecord) -> Result<(), Error> {
        let dropped = self.data_plane.drop_table(table.id).await;
        dropped.map_err(|source| Error::DataPlane { table: table.name.clone(), source })?;
        self.catalog.remove_table(table.id).await?;
        self.unpublished().remove(&table.id);
        self.last_statistics.forget(table.id);
        tracing::info!(table = %table.name, id = %table.id, "table gone");
        Ok(())
    }

    /// The table, after one more try to finish it if it is unfinished. The caller holds its lock.
    pub(super) async fn settled(&self, name: &TableName) -> Result<Option<TableRecord>, Error> {
        match self.catalog.table(name).await? {
            Some(table) if self.is_unfinished(&table) => {
                self.finish_or_log(table).await;
                self.catalog.table(name).await
            }
            other => Ok(other),
        }
    }
}
