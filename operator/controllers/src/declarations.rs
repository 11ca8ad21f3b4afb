//! Where declared objects are, as a reconciler needs them.

use async_trait::async_trait;
use partita_api::{Table, TableStatus};

use crate::{Error, ObjectKey};

/// The finalizer that keeps an object with a table from going before the table is seen to.
pub const FINALIZER: &str = "partita.dev/table";

/// Objects of users, and the little a reconciler may change in them: a status and one finalizer, never the spec.
///
/// `seen` is the object as [`Declarations::declared`] gave it. Where it was deleted meanwhile, or deleted and declared
/// anew, nothing is written, which is no error.
#[async_trait]
pub trait Declarations: Send + Sync + 'static {
    /// The object, with everything this process wrote to it; `None` if it is gone.
    ///
    /// # Errors
    /// [`Error::Objects`], [`Error::Stored`]
    async fn declared(&self, key: &ObjectKey) -> Result<Option<Table>, Error>;

    /// Keeps the object from going until it is released, durably once this returns. Asked for only while [`FINALIZER`]
    /// is not among the object's finalizers.
    ///
    /// # Errors
    /// [`Error::Objects`], also if the object is being deleted, since then nothing can hold it any more.
    async fn hold(&self, key: &ObjectKey, seen: &Table) -> Result<(), Error>;

    /// Writes the status, whatever became of the spec meanwhile.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn set_status(&self, key: &ObjectKey, seen: &Table, status: &TableStatus) -> Result<(), Error>;

    /// Lets the object go: takes away [`FINALIZER`] and nothing else. May be repeated.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn release(&self, key: &ObjectKey, seen: &Table) -> Result<(), Error>;
}

/// Whether the object is kept from going until its table is seen to.
pub fn is_held(object: &Table) -> bool {
    object.metadata.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER)
}
