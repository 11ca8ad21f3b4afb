//! Bringing tables to where they are going.

use std::error::Error as StdError;

use partita_model::TableName;
use partita_model::descriptor::Progress;
use partita_protocol::output::TableStatus;

use super::ControlPlane;
use crate::Error;
use crate::catalog::TableRecord;

/// Tables read at once while going through all of them: a few megabytes at most.
const PAGE: usize = 256;

impl ControlPlane {
    /// Finishes what is unfinished and tells the data plane what it may lack. Gives the number of tables that are still not
    /// where they are going: the reasons are in the log, or something is being built for them. May be called at any time and as
    /// often as one likes.
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
        self.published.forget_all();
        self.drive().await
    }

    /// Returns when a call that changed a table left it unfinished, since the last time: [`Self::drive`] goes on with it. Cancel
    /// safe; for one caller.
    pub async fn left_unfinished(&self) {
        self.unfinished.notified().await;
    }

    /// Whether there is something left to do.
    pub(super) fn is_unfinished(&self, table: &TableRecord) -> bool {
        table.status != TableStatus::Active
            || table.parts.is_under_way()
            || table.lacks_parts()
            || !self.published.has(table.id, table.generation)
    }

    /// Goes on with a table that was just changed, and whose lock the caller holds.
    pub(super) async fn begin(&self, table: TableRecord) {
        if !self.finish_or_log(table).await {
            self.unfinished.notify_one();
        }
    }

    /// Goes on with a table whose lock the caller holds. False if it did not get there: something is being built for it, or a
    /// warning says why.
    pub(super) async fn finish_or_log(&self, table: TableRecord) -> bool {
        let (name, status) = (table.name.clone(), table.status);
        match self.finish(table).await {
            Ok(finished) => finished,
            Err(error) => {
                let error = &error as &dyn StdError;
                tracing::warn!(table = %name, status = status.as_str(), error, "table left unfinished");
                false
            }
        }
    }

    /// Whether the table is where it was going.
    async fn finish(&self, table: TableRecord) -> Result<bool, Error> {
        if table.status == TableStatus::Deleting {
            self.drop_and_remove(table).await?;
            return Ok(true);
        }
        let mut table = self.with_parts(table).await?;
        loop {
            self.publish(&table).await?;
            let next = table.advanced(&self.progress(&table).await?)?;
            if next == table {
                return Ok(!table.parts.is_under_way());
            }
            table = self.catalog.update_table(next).await?;
            let (status, generation) = (table.status.as_str(), table.generation.0);
            tracing::info!(table = %table.name, id = %table.id, generation, status, "table went on");
        }
    }

    /// The table with all its parts, stored if it lacked some.
    async fn with_parts(&self, table: TableRecord) -> Result<TableRecord, Error> {
        if !table.lacks_parts() {
            return Ok(table);
        }
        let ids = self.catalog.take_ids(table.indexes_without_id()).await?;
        self.catalog.update_table(table.with_parts(ids, self.clock.now())?).await
    }

    async fn publish(&self, table: &TableRecord) -> Result<(), Error> {
        if self.published.has(table.id, table.generation) {
            return Ok(());
        }
        let life = self.published.life();
        let applied = self.data_plane.apply(table.descriptor()?).await;
        applied.map_err(|source| Error::DataPlane { table: table.name.clone(), source })?;
        self.published.note(life, table.id, table.generation);
        Ok(())
    }

    /// How far the data plane is with what it builds for the table.
    async fn progress(&self, table: &TableRecord) -> Result<Progress, Error> {
        if !table.parts.is_building() {
            return Ok(Progress::default());
        }
        let told = self.data_plane.statistics(table.id).await;
        let told = told.map_err(|source| Error::DataPlane { table: table.name.clone(), source })?;
        self.last_statistics.remember(table.id, &told);
        Ok(told.progress)
    }

    async fn drop_and_remove(&self, table: TableRecord) -> Result<(), Error> {
        let dropped = self.data_plane.drop_table(table.id).await;
        dropped.map_err(|source| Error::DataPlane { table: table.name.clone(), source })?;
        self.catalog.remove_table(table.id).await?;
        self.published.forget(table.id);
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
