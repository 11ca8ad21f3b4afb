//! Statements on declared objects.

use serde_json::Value;
use sqlx::{Sqlite, Transaction};

use super::rows::{ObjectRow, signed, to_json};
use super::{SqliteCatalog, commit, count, failed};
use crate::Error;
use crate::catalog::{Expected, ObjectKey, PutObject, StoredObject};

type Writer = Transaction<'static, Sqlite>;

pub(super) async fn put(catalog: &SqliteCatalog, put: PutObject) -> Result<StoredObject, Error> {
    let mut writer = catalog.begin().await?;
    let found = expect(&mut writer, &put.key, put.expected).await?;
    let resource_version = count(&mut writer, "resource_version").await?;
    let object = merged(found, put, resource_version);
    write(&mut writer, &object).await?;
    commit(writer).await?;
    Ok(object)
}

/// The object after the change. Its generation grows only if the spec differs.
fn merged(found: Option<StoredObject>, put: PutObject, resource_version: u64) -> StoredObject {
    let mut object = found.unwrap_or(StoredObject {
        key: put.key,
        uid: put.uid,
        generation: 0,
        resource_version,
        created: put.created,
        metadata: Value::Null,
        spec: Value::Null,
        status: Value::Null,
    });
    object.resource_version = resource_version;
    if object.generation == 0 || put.spec.as_ref().is_some_and(|spec| *spec != object.spec) {
        object.generation += 1;
    }
    object.metadata = put.metadata.unwrap_or(object.metadata);
    object.spec = put.spec.unwrap_or(object.spec);
    object.status = put.status.unwrap_or(object.status);
    object
}

async fn write(writer: &mut Writer, object: &StoredObject) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO objects \
         (kind, namespace, name, uid, generation, resource_version, created_ms, metadata, spec, status) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (kind, namespace, name) DO UPDATE SET \
         generation = excluded.generation, resource_version = excluded.resource_version, \
         metadata = excluded.metadata, spec = excluded.spec, status = excluded.status",
    )
    .bind(&object.key.kind)
    .bind(&object.key.namespace)
    .bind(&object.key.name)
    .bind(&object.uid)
    .bind(signed(object.generation))
    .bind(signed(object.resource_version))
    .bind(signed(object.created.0))
    .bind(to_json(&object.metadata))
    .bind(to_json(&object.spec))
    .bind(to_json(&object.status))
    .execute(&mut **writer)
    .await
    .map_err(failed("store an object"))?;
    Ok(())
}

pub(super) async fn by_key(catalog: &SqliteCatalog, key: &ObjectKey) -> Result<Option<StoredObject>, Error> {
    select(key, &catalog.pool).await
}

async fn select<'e>(
    key: &ObjectKey,
    executor: impl sqlx::Executor<'e, Database = Sqlite>,
) -> Result<Option<StoredObject>, Error> {
    let row: Option<ObjectRow> =
        sqlx::query_as("SELECT * FROM objects WHERE kind = $1 AND namespace = $2 AND name = $3")
            .bind(&key.kind)
            .bind(&key.namespace)
            .bind(&key.name)
            .fetch_optional(executor)
            .await
            .map_err(failed("read an object"))?;
    row.map(TryInto::try_into).transpose()
}

/// The object, if what is expected of it holds.
async fn expect(
    writer: &mut Writer,
    key: &ObjectKey,
    expected: Expected,
) -> Result<Option<StoredObject>, Error> {
    let object = select(key, &mut **writer).await?;
    let found = object.as_ref().map(|object| object.resource_version);
    match expected.holds(found) {
        true => Ok(object),
        false => Err(Error::ObjectChanged { key: key.clone(), found }),
    }
}

pub(super) async fn list(
    catalog: &SqliteCatalog,
    kind: &str,
    namespace: Option<&str>,
) -> Result<Vec<StoredObject>, Error> {
    let rows: Vec<ObjectRow> = match namespace {
        Some(namespace) => {
            sqlx::query_as("SELECT * FROM objects WHERE kind = $1 AND namespace = $2 ORDER BY name")
                .bind(kind)
                .bind(namespace)
                .fetch_all(&catalog.pool)
                .await
        }
        None => {
            sqlx::query_as("SELECT * FROM objects WHERE kind = $1 ORDER BY namespace, name")
                .bind(kind)
                .fetch_all(&catalog.pool)
                .await
        }
    }
    .map_err(failed("list objects"))?;
    rows.into_iter().map(TryInto::try_into).collect()
}

pub(super) async fn delete(
    catalog: &SqliteCatalog,
    key: &ObjectKey,
    expected: Expected,
) -> Result<Option<StoredObject>, Error> {
    let mut writer = catalog.begin().await?;
    let object = expect(&mut writer, key, expected).await?;
    sqlx::query("DELETE FROM objects WHERE kind = $1 AND namespace = $2 AND name = $3")
        .bind(&key.kind)
        .bind(&key.namespace)
        .bind(&key.name)
        .execute(&mut *writer)
        .await
        .map_err(failed("remove an object"))?;
    commit(writer).await?;
    Ok(object)
}
