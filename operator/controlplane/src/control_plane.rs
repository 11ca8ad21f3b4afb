//! The life cycle of tables.
//!
//! Each call is a step into the catalog, and then the way from there to `ACTIVE` or to nothing:
//!
//! ```text
//!  create ──▶ CREATING ──apply──▶ ACTIVE ◀──apply── UPDATING ◀── change
//!  delete ──▶ DELETING ──drop───▶ (gone)
//! ```
//!
//! A global index that joins a table has a way of its own, and holds the table in `UPDATING` meanwhile; the expiry of items goes
//! the same way with the table in `ACTIVE`:
//!
//! ```text
//!  create ──▶ building ──built──▶ built ──apply──▶ active ──delete──▶ deleting ──apply──▶ (gone)
//!                └──────────────────── delete ───────────────────────────▲
//! ```
//!
//! The step into the catalog is what is acknowledged. Where the data plane fails on the way, the table stays in between and
//! the next look at it tries again; the caller sees the status, as it would see a slow table of the service.

mod change;
mod declared;
mod describe;
mod drive;
mod features;
mod objects;
mod published;
mod tables;
mod tags;
mod time_to_live;
mod update;

use std::fmt;
use std::sync::Arc;

use partita_model::clock::Clock;
use partita_model::name::Scope;
use tokio::sync::Notify;

pub use declared::DeclaredTable;

use crate::Error;
use crate::catalog::Catalog;
use crate::data_plane::DataPlane;
use crate::limits::Limits;
use crate::locks::NameLocks;
use describe::LastStatistics;
use published::Published;

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
    published: Published,
    last_statistics: LastStatistics,
    /// Told when a call that changed a table left it unfinished.
    unfinished: Notify,
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
        let control_plane = Self::at_rest(catalog, data_plane, clock, options);
        let unfinished = control_plane.drive().await?;
        tracing::info!(unfinished, "control plane opened");
        Ok(control_plane)
    }

    /// [`Self::open`] without a word to the data plane, for a caller that knows when it can be spoken to, and then drives.
    pub fn at_rest(
        catalog: Arc<dyn Catalog>,
        data_plane: Arc<dyn DataPlane>,
        clock: Arc<dyn Clock>,
        options: impl Into<Options>,
    ) -> Self {
        Self {
            catalog,
            data_plane,
            clock,
            options: options.into(),
            locks: NameLocks::default(),
            published: Published::default(),
            last_statistics: LastStatistics::default(),
            unfinished: Notify::new(),
        }
    }

    /// The region and account that ARNs name.
    pub fn scope(&self) -> &Scope {
        &self.options.scope
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
