//! Statements on the catalog's owner.

use partita_model::name::Scope;

use super::{SqliteCatalog, commit, failed};
use crate::Error;

pub(super) async fn claim(catalog: &SqliteCatalog, scope: &Scope) -> Result<Scope, Error> {
    let mut transaction = catalog.begin().await?;
    sqlx::query(
        "INSERT INTO owner (singleton, region, account_id) VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
    )
    .bind(&scope.region)
    .bind(&scope.account_id)
    .execute(&mut *transaction)
    .await
    .map_err(failed("take an owner"))?;
    let (region, account_id) = sqlx::query_as("SELECT region, account_id FROM owner")
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed("tell its owner"))?;
    commit(transaction).await?;
    Ok(Scope { region, account_id })
}
