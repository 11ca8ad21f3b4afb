//! Statements on tables and tags.

use partita_model::descriptor::Generation;
use partita_model::{TableId, TableName, limits};
use partita_protocol::output::TableStatus;
use sqlx::{Sqlite, Transaction};

use super::rows::{TableRow, signed, to_json, unsigned};
use super::{SqliteCatalog, commit, count, failed};
use crate::Error;
use crate::catalog::{NewTable, TableRecord, TagChange, Tags};

type Writer = Transaction<'static, Sqlite>;

/// The counter of the ids of tables and of their parts.
const IDS: &str = "table_id";

pub(super) async fn take_ids(catalog: &SqliteCatalog, number: usize) -> Result<Vec<TableId>, Error> {
    let number = number as u64;
    if number == 0 {
        return Ok(Vec::new());
    }
    let mut writer = catalog.begin().await?;
    let last = count(&mut writer, IDS, number).await?;
    commit(writer).await?;
    Ok((last - number + 1..=last).map(TableId).collect())
}

pub(super) async fn insert(
    catalog: &SqliteCatalog,
    mut new: NewTable,
    tables_max: u64,
) -> Result<TableRecord, Error> {
    let tags = new.take_tags();
    let mut writer = catalog.begin().await?;
    check_free(&mut writer, &new.name, tables_max).await?;
    let table = TableRecord {
        id: TableId(count(&mut writer, IDS, 1).await?),
        name: new.name,
        uuid: new.uuid,
        status: TableStatus::Creating,
        generation: Generation(1),
        revision: 1,
        created: new.created,
        definition: new.definition,
        history: new.history,
        parts: new.parts,
    };
    insert_row(&mut writer, &table).await?;
    set_tags(&mut writer, table.id, &tags).await?;
    check_tags(&mut writer, table.id).await?;
    commit(writer).await?;
    Ok(table)
}

async fn check_free(writer: &mut Writer, name: &TableName, tables_max: u64) -> Result<(), Error> {
    let taken: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tables WHERE name = $1")
        .bind(name.as_str())
        .fetch_one(&mut **writer)
        .await
        .map_err(failed("look for a name"))?;
    if taken > 0 {
        return Err(Error::TableExists(name.clone()));
    }
    match number_of_tables(&mut **writer).await? >= tables_max {
        true => Err(Error::TooManyTables(tables_max)),
        false => Ok(()),
    }
}

pub(super) async fn number(catalog: &SqliteCatalog) -> Result<u64, Error> {
    number_of_tables(&catalog.pool).await
}

async fn number_of_tables(database: impl sqlx::SqliteExecutor<'_>) -> Result<u64, Error> {
    let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tables")
        .fetch_one(database)
        .await
        .map_err(failed("count tables"))?;
    unsigned("number of tables", tables)
}

async fn insert_row(writer: &mut Writer, table: &TableRecord) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO tables (id, name, uuid, status, generation, revision, created_ms, definition, history, \
         parts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(signed(table.id.0))
    .bind(table.name.as_str())
    .bind(&table.uuid)
    .bind(table.status.as_str())
    .bind(signed(table.generation.0))
    .bind(signed(table.revision))
    .bind(signed(table.created.0))
    .bind(to_json(&table.definition))
    .bind(to_json(&table.history))
    .bind(to_json(&table.parts))
    .execute(&mut **writer)
    .await
    .map_err(failed("add a table"))?;
    Ok(())
}

pub(super) async fn by_name(catalog: &SqliteCatalog, name: &TableName) -> Result<Option<TableRecord>, Error> {
    let row: Option<TableRow> = sqlx::query_as("SELECT * FROM tables WHERE name = $1")
        .bind(name.as_str())
        .fetch_optional(&catalog.pool)
        .await
        .map_err(failed("read a table"))?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn page(
    catalog: &SqliteCatalog,
    after: Option<&TableName>,
    limit: usize,
) -> Result<Vec<TableRecord>, Error> {
    // No name is empty, so all names come after the empty one.
    let rows: Vec<TableRow> = sqlx::query_as("SELECT * FROM tables WHERE name > $1 ORDER BY name LIMIT $2")
        .bind(after.map_or("", TableName::as_str))
        .bind(signed(limit as u64))
        .fetch_all(&catalog.pool)
        .await
        .map_err(failed("read tables"))?;
    rows.into_iter().map(TryInto::try_into).collect()
}

pub(super) async fn names(
    catalog: &SqliteCatalog,
    after: Option<&TableName>,
    limit: usize,
) -> Result<Vec<TableName>, Error> {
    let names: Vec<String> =
        sqlx::query_scalar("SELECT name FROM tables WHERE name > $1 ORDER BY name LIMIT $2")
            .bind(after.map_or("", TableName::as_str))
            .bind(signed(limit as u64))
            .fetch_all(&catalog.pool)
            .await
            .map_err(failed("list tables"))?;
    Ok(names.into_iter().map(TableName::new).collect())
}

pub(super) async fn update(catalog: &SqliteCatalog, mut table: TableRecord) -> Result<TableRecord, Error> {
    let read_at = table.revision;
    table.revision += 1;
    let done = sqlx::query(
        "UPDATE tables SET status = $1, generation = $2, revision = $3, definition = $4, history = $5, \
         parts = $6 WHERE id = $7 AND revision = $8",
    )
    .bind(table.status.as_str())
    .bind(signed(table.generation.0))
    .bind(signed(table.revision))
    .bind(to_json(&table.definition))
    .bind(to_json(&table.history))
    .bind(to_json(&table.parts))
    .bind(signed(table.id.0))
    .bind(signed(read_at))
    .execute(&catalog.pool)
    .await
    .map_err(failed("change a table"))?;
    match done.rows_affected() {
        1 => Ok(table),
        _ => Err(Error::TableChanged(table.name)),
    }
}

pub(super) async fn remove(catalog: &SqliteCatalog, id: TableId) -> Result<(), Error> {
    sqlx::query("DELETE FROM tables WHERE id = $1")
        .bind(signed(id.0))
        .execute(&catalog.pool)
        .await
        .map_err(failed("remove a table"))?;
    Ok(())
}

pub(super) async fn tags(catalog: &SqliteCatalog, id: TableId) -> Result<Tags, Error> {
    let tags: Vec<(String, String)> = sqlx::query_as("SELECT tag_key, value FROM tags WHERE table_id = $1")
        .bind(signed(id.0))
        .fetch_all(&catalog.pool)
        .await
        .map_err(failed("read tags"))?;
    Ok(tags.into_iter().collect())
}

pub(super) async fn change_tags(
    catalog: &SqliteCatalog,
    id: TableId,
    change: TagChange,
) -> Result<(), Error> {
    let mut writer = catalog.begin().await?;
    for key in &change.remove {
        sqlx::query("DELETE FROM tags WHERE table_id = $1 AND tag_key = $2")
            .bind(signed(id.0))
            .bind(key)
            .execute(&mut *writer)
            .await
            .map_err(failed("remove a tag"))?;
    }
    set_tags(&mut writer, id, &change.set).await?;
    check_tags(&mut writer, id).await?;
    commit(writer).await
}

async fn set_tags(writer: &mut Writer, id: TableId, tags: &Tags) -> Result<(), Error> {
    for (key, value) in tags {
        sqlx::query(
            "INSERT INTO tags (table_id, tag_key, value) VALUES ($1, $2, $3) \
             ON CONFLICT (table_id, tag_key) DO UPDATE SET value = excluded.value",
        )
        .bind(signed(id.0))
        .bind(key)
        .bind(value)
        .execute(&mut **writer)
        .await
        .map_err(failed("set a tag"))?;
    }
    Ok(())
}

async fn check_tags(writer: &mut Writer, id: TableId) -> Result<(), Error> {
    let tags: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tags WHERE table_id = $1")
        .bind(signed(id.0))
        .fetch_one(&mut **writer)
        .await
        .map_err(failed("count tags"))?;
    match unsigned("number of tags", tags)? > limits::TAGS_MAX as u64 {
        true => Err(Error::TooManyTags(limits::TAGS_MAX)),
        false => Ok(()),
    }
}
