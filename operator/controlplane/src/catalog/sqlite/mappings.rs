//! Statements on event source mappings.

use async_trait::async_trait;
use partita_mapping::MappingId;
use sqlx::FromRow;

use super::rows::{from_json, signed, to_json};
use super::{SqliteCatalog, commit, failed};
use crate::Error;
use crate::mappings::{MappingCatalog, MappingRecord, Stored};

/// A row of `mappings`, without what is there for looking up alone.
#[derive(FromRow)]
struct MappingRow {
    id: String,
    deleting: i64,
    mapping: String,
}

impl TryFrom<MappingRow> for MappingRecord {
    type Error = Error;

    fn try_from(row: MappingRow) -> Result<Self, Error> {
        Ok(Self { mapping: from_json("event source mapping", &row.mapping)?, deleting: row.deleting != 0 })
    }
}

/// One row that cannot be read is no reason to leave the others alone.
fn read_or_log(row: MappingRow) -> Option<MappingRecord> {
    let mapping = row.id.clone();
    match MappingRecord::try_from(row) {
        Ok(record) => Some(record),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(mapping, error, "event source mapping left alone; another release may read it");
            None
        }
    }
}

impl SqliteCatalog {
    async fn mapping_rows(&self, after: &str, limit: usize) -> Result<Vec<MappingRow>, Error> {
        sqlx::query_as("SELECT id, deleting, mapping FROM mappings WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(after)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await
            .map_err(failed("list event source mappings"))
    }
}

#[async_trait]
impl MappingCatalog for SqliteCatalog {
    async fn put_mapping(&self, record: MappingRecord) -> Result<Stored, Error> {
        let MappingRecord { mapping, deleting } = &record;
        let mut transaction = self.begin().await?;
        let existing: Option<String> =
            sqlx::query_scalar("SELECT id FROM mappings WHERE source = $1 AND target = $2 AND id <> $3")
                .bind(mapping.source.as_str())
                .bind(mapping.target.name())
                .bind(mapping.id.as_str())
                .fetch_optional(&mut *transaction)
                .await
                .map_err(failed("look for an event source mapping"))?;
        if let Some(existing) = existing {
            let unreadable = || Error::Unreadable { what: "event source mapping", detail: existing.clone() };
            return Ok(Stored::Exists(MappingId::parse(&existing).ok_or_else(unreadable)?));
        }
        sqlx::query(
            "INSERT INTO mappings (id, source, target, generation, deleting, mapping) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO UPDATE SET target = excluded.target, generation = excluded.generation, \
             deleting = excluded.deleting, mapping = excluded.mapping",
        )
        .bind(mapping.id.as_str())
        .bind(mapping.source.as_str())
        .bind(mapping.target.name())
        .bind(signed(mapping.generation))
        .bind(i64::from(*deleting))
        .bind(to_json(mapping))
        .execute(&mut *transaction)
        .await
        .map_err(failed("store an event source mapping"))?;
        commit(transaction).await?;
        Ok(Stored::Done)
    }

    async fn mapping(&self, id: &MappingId) -> Result<Option<MappingRecord>, Error> {
        let row: Option<MappingRow> =
            sqlx::query_as("SELECT id, deleting, mapping FROM mappings WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(failed("read an event source mapping"))?;
        row.map(TryInto::try_into).transpose()
    }

    async fn mappings(&self, after: Option<&MappingId>, limit: usize) -> Result<Vec<MappingRecord>, Error> {
        let mut after = after.map_or_else(String::new, ToString::to_string);
        loop {
            let rows = self.mapping_rows(&after, limit).await?;
            let Some(last) = rows.last() else { return Ok(Vec::new()) };
            after.clone_from(&last.id);
            let records: Vec<MappingRecord> = rows.into_iter().filter_map(read_or_log).collect();
            // Nothing is the end to whoever asked.
            if !records.is_empty() {
                return Ok(records);
            }
        }
    }

    async fn remove_mapping(&self, id: &MappingId) -> Result<(), Error> {
        sqlx::query("DELETE FROM mappings WHERE id = $1")
            .bind(id.as_str())
            .execute(&self.pool)
            .await
            .map_err(failed("remove an event source mapping"))?;
        Ok(())
    }
}
