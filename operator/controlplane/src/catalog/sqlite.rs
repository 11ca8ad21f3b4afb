//! The catalog in SQLite: one file, or memory.
//!
//! The file is in write-ahead mode and every commit is synced, so that what was acknowledged survives a killed process and a
//! lost machine. Writers queue at the database (`BEGIN IMMEDIATE`); there are few of them.

mod mappings;
mod objects;
mod owner;
mod rows;
mod tables;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use partita_model::name::Scope;
use partita_model::{TableId, TableName};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::{Catalog, NewTable, ObjectKey, StoredObject, TableRecord, TagChange, Tags};
use crate::Error;

/// Readers beside the one writer.
const CONNECTIONS_MAX: u32 = 4;
/// How long a writer waits for its turn: far longer than any transaction here takes, short enough to be told of a stuck one.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// A catalog in SQLite. Clones share the database.
#[derive(Clone, Debug)]
pub struct SqliteCatalog {
    pool: SqlitePool,
}

impl SqliteCatalog {
    /// Opens the file, which is made if need be, and brings its schema up to date.
    pub async fn open(file: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(TURN_TIMEOUT);
        Self::with(options, SqlitePoolOptions::new().max_connections(CONNECTIONS_MAX)).await
    }

    /// An empty catalog in memory, gone with its last clone.
    pub async fn in_memory() -> Result<Self, Error> {
        // The database lives as long as its one connection, so that connection must never be replaced.
        let pool = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        Self::with(SqliteConnectOptions::new().in_memory(true), pool).await
    }

    async fn with(options: SqliteConnectOptions, pool: SqlitePoolOptions) -> Result<Self, Error> {
        let options = options.foreign_keys(true);
        let pool = pool.connect_with(options).await.map_err(failed("open its database"))?;
        MIGRATIONS.run(&pool).await.map_err(Error::Migration)?;
        Ok(Self { pool })
    }

    /// Closes the database once running calls are through.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction that may write. Taking the writer's turn at once keeps two of them from deadlocking.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed("begin a transaction"))
    }
}

/// Makes a database error an [`Error`]; `action` is an infinitive.
fn failed(action: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |source| Error::Database { action, source }
}

async fn commit(transaction: Transaction<'static, Sqlite>) -> Result<(), Error> {
    transaction.commit().await.map_err(failed("commit"))
}

/// Counts on by `by`, which is at least one, and gives the last of these numbers.
async fn count(transaction: &mut Transaction<'static, Sqlite>, counter: &str, by: u64) -> Result<u64, Error> {
    let last: i64 =
        sqlx::query_scalar("UPDATE counters SET value = value + $2 WHERE name = $1 RETURNING value")
            .bind(counter)
            .bind(rows::signed(by))
            .fetch_one(&mut **transaction)
            .await
            .map_err(failed("count"))?;
    rows::unsigned("counter", last)
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn claim(&self, scope: &Scope) -> Result<Scope, Error> {
        owner::claim(self, scope).await
    }

    async fn take_ids(&self, count: usize) -> Result<Vec<TableId>, Error> {
        tables::take_ids(self, count).await
    }

    async fn insert_table(&self, table: NewTable, tables_max: u64) -> Result<TableRecord, Error> {
        tables::insert(self, table, tables_max).await
    }

    async fn table(&self, name: &TableName) -> Result<Option<TableRecord>, Error> {
        tables::by_name(self, name).await
    }

    async fn tables(&self, after: Option<&TableName>, limit: usize) -> Result<Vec<TableRecord>, Error> {
        tables::page(self, after, limit).await
    }

    async fn table_names(&self, after: Option<&TableName>, limit: usize) -> Result<Vec<TableName>, Error> {
        tables::names(self, after, limit).await
    }

    async fn count_tables(&self) -> Result<u64, Error> {
        tables::number(self).await
    }

    async fn update_table(&self, table: TableRecord) -> Result<TableRecord, Error> {
        tables::update(self, table).await
    }

    async fn remove_table(&self, id: TableId) -> Result<(), Error> {
        tables::remove(self, id).await
    }

    async fn tags(&self, id: TableId) -> Result<Tags, Error> {
        tables::tags(self, id).await
    }

    async fn change_tags(&self, id: TableId, change: TagChange) -> Result<(), Error> {
        tables::change_tags(self, id, change).await
    }

    async fn put_object(&self, object: StoredObject) -> Result<(), Error> {
        objects::put(self, object).await
    }

    async fn object(&self, key: &ObjectKey) -> Result<Option<StoredObject>, Error> {
        objects::by_key(self, key).await
    }

    async fn objects(&self, kind: &str) -> Result<Vec<StoredObject>, Error> {
        objects::list(self, kind).await
    }

    async fn delete_object(&self, key: &ObjectKey) -> Result<(), Error> {
        objects::delete(self, key).await
    }
}

#[cfg(test)]
mod tests;
