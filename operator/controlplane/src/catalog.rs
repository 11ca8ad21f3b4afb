//! The catalog: what users asked for, behind one repository trait.
//!
//! [`sqlite`] is the default. A second database is a second implementation with its own pool; nothing above this module
//! names either.

mod object;
mod parts;
mod record;
pub mod sqlite;

use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
use partita_model::name::Scope;
use partita_model::{TableId, TableName};

pub use object::{ObjectKey, StoredObject};
pub(crate) use parts::asked_view;
pub use parts::{ExpiryPart, ExpiryState, IndexPart, IndexState, Parts, StreamPart};
pub use record::{NewTable, TableRecord};
pub use sqlite::SqliteCatalog;

use crate::Error;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The repository of tables and declared objects. Each call is one transaction, durable when it returns; dropping its future
/// leaves either all of it or nothing.
#[async_trait]
pub trait Catalog: Debug + Send + Sync + 'static {
    /// Makes `scope` the owner of a catalog that has none, and gives the owner. A catalog never changes hands: ids, descriptors and
    /// ARNs of one owner mean nothing to another.
    async fn claim(&self, scope: &Scope) -> Result<Scope, Error>;

    /// New ids, ascending, from the sequence of the tables' ids: each is given out once.
    async fn take_ids(&self, count: usize) -> Result<Vec<TableId>, Error>;

    /// Adds a table with a new id, unless the name is taken or there are `tables_max` tables.
    async fn insert_table(&self, table: NewTable, tables_max: u64) -> Result<TableRecord, Error>;

    /// The table of that name.
    async fn table(&self, name: &TableName) -> Result<Option<TableRecord>, Error>;

    /// At most `limit` tables after `after`, by the bytes of their names.
    async fn tables(&self, after: Option<&TableName>, limit: usize) -> Result<Vec<TableRecord>, Error>;

    /// At most `limit` names after `after`, by their bytes.
    async fn table_names(&self, after: Option<&TableName>, limit: usize) -> Result<Vec<TableName>, Error>;

    /// How many tables there are.
    async fn count_tables(&self) -> Result<u64, Error>;

    /// Stores a changed table if nobody changed it since it was read, and gives it back with its new revision. Id, name,
    /// uuid and time of creation do not change.
    async fn update_table(&self, table: TableRecord) -> Result<TableRecord, Error>;

    /// Removes a table and its tags, if it is there.
    async fn remove_table(&self, id: TableId) -> Result<(), Error>;

    /// A table's tags.
    async fn tags(&self, id: TableId) -> Result<Tags, Error>;

    /// Changes a table's tags; of a key in both, the new value stays.
    async fn change_tags(&self, id: TableId, change: TagChange) -> Result<(), Error>;

    /// Stores an object in the place of the one with its key.
    async fn put_object(&self, object: StoredObject) -> Result<(), Error>;

    /// One object.
    async fn object(&self, key: &ObjectKey) -> Result<Option<StoredObject>, Error>;

    /// The objects of a kind, by namespace and name.
    async fn objects(&self, kind: &str) -> Result<Vec<StoredObject>, Error>;

    /// Removes an object, if it is there.
    async fn delete_object(&self, key: &ObjectKey) -> Result<(), Error>;
}

/// A change of a table's tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChange {
    /// Keys that go. A key the table does not have is no error.
    pub remove: Vec<String>,
    /// Tags that come, or get a new value.
    pub set: Tags,
}
