//! The controller of Tables. An object is also due when the API changed its table, and when another object gave its table up.

mod claims;

use std::sync::Arc;

use async_trait::async_trait;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use partita_api::{Table, TableSpec};
use partita_controllers::reconcile::{Next, Place};
use partita_controllers::{ObjectKey, Reconciler};
use partita_model::TableName;
use tokio::sync::{mpsc, watch};

use crate::controller::{self, Control, Kind, Pace, Work};
use crate::{Error, Installation};
use claims::Claims;

/// The field manager of everything this controller writes.
pub const FIELD_MANAGER: &str = "partita.dev/table";

/// Reconciles every Table of the cluster until `stop` is true or its sender is gone; passes under way are finished first.
///
/// `control` is the control plane, once there is a Region. `touched` names tables that were changed by something else than
/// this controller; they are looked at as soon as they are named.
///
/// # Errors
/// None at present: what fails is tried again, and told in the log and in each object's status.
pub async fn tables(
    installation: Arc<Installation>,
    control: watch::Receiver<Option<Control>>,
    touched: mpsc::Receiver<TableName>,
    stop: watch::Receiver<bool>,
) -> Result<(), Error> {
    run(installation, Pace::default(), control, touched, stop).await;
    Ok(())
}

async fn run(
    installation: Arc<Installation>,
    pace: Pace,
    control: watch::Receiver<Option<Control>>,
    touched: mpsc::Receiver<TableName>,
    stop: watch::Receiver<bool>,
) {
    let clock = Arc::clone(&installation.clock);
    let work =
        |objects, log| Tables { reconciler: Reconciler::new(objects, log, clock), claims: Claims::default() };
    controller::run(&installation, pace, work, control, Some(touched), stop).await;
}

impl Kind for Table {
    const FIELD_MANAGER: &'static str = FIELD_MANAGER;

    fn remains(metadata: ObjectMeta) -> Self {
        Self { metadata, spec: TableSpec::default(), status: None }
    }
}

struct Tables {
    reconciler: Reconciler,
    claims: Claims,
}

#[async_trait]
impl Work for Tables {
    type Kind = Table;

    fn settle(&self, control: Option<Control>, objects: &[Arc<Table>]) {
        let place = control.map(|control| Place { control: control.tables, scope: control.scope });
        self.claims.settle(place, objects);
    }

    fn is_settled(&self) -> bool {
        self.claims.is_settled()
    }

    fn note(&self, object: &Table) -> Vec<ObjectKey> {
        self.claims.add(object)
    }

    fn gone(&self, key: &ObjectKey) -> Vec<ObjectKey> {
        self.reconciler.forget(key);
        self.claims.remove(key)
    }

    fn about(&self, table: &TableName) -> Vec<ObjectKey> {
        self.claims.of_table(table)
    }

    async fn pass(&self, key: &ObjectKey) -> Result<Next, partita_controllers::Error> {
        let (claim, place) = self.claims.of(key);
        self.reconciler.reconcile(key, &claim, place.as_ref()).await
    }
}

#[cfg(test)]
mod tests;
