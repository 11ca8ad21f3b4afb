//! The life cycle of tables.
//!
//! Each call is a step into the catalog, and then the way from there to `ACTIVE` or to nothing:
//!
//! ```text
//!  create ──▶ CREATING ──apply──▶ ACTIVE ◀──apply── UPDATING ◀── change
//!  delete ──▶ DELETING ──drop───▶ (gone)
//! ```
//!
//! The step into the catalog is what is acknowledged. Where the data plane fails on the way, the table stays in between and
//! the next look at it tries again; the caller sees the status, as it would see a slow table of the service.

mod change;
mod declared;
mod describe;
mod drive;
mod objects;
mod tables;
mod tags;
mod update;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use partita_model::TableId;
use partita_model::clock::Clock;
use partita_model::name::Scope;

pub use declared::DeclaredTable;

use crate::Error;
use crate::catalog::Catalog;
use crate::data_plane::DataPlane;
use crate::limits::Limits;
use crate::locks::NameLocks;
use describe::LastStatistics;

/// Where new tables and objects get their uuids.
pub trait UuidSource: Send + Sync {
    /// A uuid that was never given out before.
    fn uuid(&self) -> String;
}

/// Random uuids.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomUuids;

impl UuidSource for RandomUuids {
    fn uuid(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }
}

/// What an installation decides about its control plane.
#[derive(Clone)]
pub struct Options {
    /// The region and account that ARNs name.
    pub scope: Scope,
    /// Quotas.
    pub limits: Limits,
    /// Where uuids come from.
    pub uuids: Arc<dyn UuidSource>,
}

impl From<Scope> for Options {
    fn from(scope: Scope) -> Self {
        Self { scope, limits: Limits::default(), uuids: Arc::new(RandomUuids) }
    }
}

/// The control plane of one account in one region.
///
/// Dropping the future of a call leaves the table where the call had brought it; the next look at the table goes on from there.
pub struct ControlPlane {
    catalog: Arc<dyn Catalog>,
    data_plane: Arc<dyn DataPlane>,
    clock: Arc<dyn Clock>,
    options: Options,
    locks: NameLocks,
    /// Active tables that the data plane may not know of since it or we were last started.
    unpublished: Mutex<BTreeSet<TableId>>,
    last_statistics: LastStatistics,
}

impl ControlPlane {
    /// Takes over a catalog: finishes what was left unfinished, and tells the data plane of every table, since it may lack
    /// some. A data plane that does not answer is no error: what it lacks stays to be done.
    pub async fn open(
        catalog: Arc<dyn Catalog>,
        data_plane: Arc<dyn DataPlane>,
        clock: Arc<dyn Clock>,
        options: impl Into<Options>,
    ) -> Result<Self, Error> {
        let control_plane = Self::open_at_rest(catalog, data_plane, clock, options).await?;
        let unfinished = control_plane.drive().await?;
        tracing::info!(unfinished, "control plane opened");
        Ok(control_plane)
    }

    /// [`Self::open`] without a word to the data plane, for a caller that knows when it can be spoken to, and then drives.
    pub async fn open_at_rest(
        catalog: Arc<dyn Catalog>,
        data_plane: Arc<dyn DataPlane>,
        clock: Arc<dyn Clock>,
        options: impl Into<Options>,
    ) -> Result<Self, Error> {
        let control_plane = Self {
            catalog,
            data_plane,
            clock,
            options: options.into(),
            locks: NameLocks::default(),
            unpublished: Mutex::default(),
            last_statistics: LastStatistics::default(),
        };
        control_plane.mark_all_unpublished().await?;
        Ok(control_plane)
    }

    /// The region and account that ARNs name.
    pub fn scope(&self) -> &Scope {
        &self.options.scope
    }

    fn unpublished(&self) -> MutexGuard<'_, BTreeSet<TableId>> {
        // The set is whole after a panic too: each change of it is one call.
        self.unpublished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ControlPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlPlane")
            .field("catalog", &self.catalog)
            .field("scope", &self.options.scope)
            .finish()
    }
}

#[cfg(test)]
mod tests;
