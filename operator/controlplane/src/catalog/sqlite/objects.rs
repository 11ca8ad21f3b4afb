//! Statements on declared objects.

use super::rows::{ObjectRow, to_json};
use super::{SqliteCatalog, failed};
use crate::Error;
use crate::catalog::{ObjectKey, StoredObject};

pub(super) async fn put(catalog: &SqliteCatalog, object: StoredObject) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO objects (kind, namespace, name, metadata, spec, status) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (kind, namespace, name) DO UPDATE SET \
         metadata = excluded.metadata, spec = excluded.spec, status = excluded.status",
    )
    .bind(&object.key.kind)
    .bind(&object.key.namespace)
    .bind(&object.key.name)
    .bind(to_json(&object.metadata))
    .bind(to_json(&object.spec))
    .bind(to_json(&object.status))
    .execute(&catalog.pool)
    .await
    .map_err(failed("store an object"))?;
    Ok(())
}

pub(super) async fn by_key(catalog: &SqliteCatalog, key: &ObjectKey) -> Result<Option<StoredObject>, Error> {
    let row: Option<ObjectRow> =
        sqlx::query_as("SELECT * FROM objects WHERE kind = $1 AND namespace = $2 AND name = $3")
            .bind(&key.kind)
            .bind(&key.namespace)
            .bind(&key.name)
            .fetch_optional(&catalog.pool)
            .await
            .map_err(failed("read an object"))?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn list(catalog: &SqliteCatalog, kind: &str) -> Result<Vec<StoredObject>, Error> {
    let rows: Vec<ObjectRow> =
        sqlx::query_as("SELECT * FROM objects WHERE kind = $1 ORDER BY namespace, name")
            .bind(kind)
            .fetch_all(&catalog.pool)
            .await
            .map_err(failed("list objects"))?;
    rows.into_iter().map(TryInto::try_into).collect()
}

pub(super) async fn delete(catalog: &SqliteCatalog, key: &ObjectKey) -> Result<(), Error> {
    sqlx::query("DELETE FROM objects WHERE kind = $1 AND namespace = $2 AND name = $3")
        .bind(&key.kind)
        .bind(&key.namespace)
        .bind(&key.name)
        .execute(&catalog.pool)
        .await
        .map_err(failed("remove an object"))?;
    Ok(())
}
