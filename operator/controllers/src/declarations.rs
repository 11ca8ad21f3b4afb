//! Where declared objects are, as a reconciler needs them.

use async_trait::async_trait;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use partita_api::{Condition, EventSourceMapping, EventSourceMappingStatus, Table, TableStatus};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::status::with_statistics_of;
use crate::{Error, ObjectKey};

/// A kind of objects that a reconciler brings to what they say.
pub trait Declared: Clone + DeserializeOwned + Send + Sync + 'static {
    /// What is told of an object.
    type Status: Clone + Default + PartialEq + Serialize + Send + Sync;

    /// The kind's name.
    const KIND: &'static str;
    /// The finalizer that keeps an object from going before what it manages is seen to.
    const FINALIZER: &'static str;

    /// The object's metadata.
    fn metadata(&self) -> &ObjectMeta;

    /// The object's metadata, to be changed.
    fn metadata_mut(&mut self) -> &mut ObjectMeta;

    /// What was told of the object.
    fn status(&self) -> Option<&Self::Status>;

    /// Takes what is told of the object now.
    fn replace_status(&mut self, status: Self::Status);

    /// The conditions of a status.
    fn conditions(status: &Self::Status) -> &[Condition];

    /// `new` with that of `old` which changes all the time, and alone is worth a write only now and then.
    fn with_statistics_of(new: Self::Status, old: &Self::Status) -> Self::Status;
}

/// Implements what is the same for the types of all kinds.
macro_rules! declared {
    () => {
        fn metadata(&self) -> &ObjectMeta {
            &self.metadata
        }

        fn metadata_mut(&mut self) -> &mut ObjectMeta {
            &mut self.metadata
        }

        fn status(&self) -> Option<&Self::Status> {
            self.status.as_ref()
        }

        fn replace_status(&mut self, status: Self::Status) {
            self.status = Some(status);
        }

        fn conditions(status: &Self::Status) -> &[Condition] {
            &status.conditions
        }
    };
}

impl Declared for Table {
    type Status = TableStatus;

    const KIND: &'static str = "Table";
    const FINALIZER: &'static str = "partita.dev/table";

    declared!();

    fn with_statistics_of(new: TableStatus, old: &TableStatus) -> TableStatus {
        with_statistics_of(new, old)
    }
}

impl Declared for EventSourceMapping {
    type Status = EventSourceMappingStatus;

    const KIND: &'static str = "EventSourceMapping";
    const FINALIZER: &'static str = "partita.dev/event-source-mapping";

    declared!();

    fn with_statistics_of(
        new: EventSourceMappingStatus,
        old: &EventSourceMappingStatus,
    ) -> EventSourceMappingStatus {
        let last_processing_result = old.last_processing_result.clone();
        EventSourceMappingStatus { last_processing_result, ..new }
    }
}

/// The finalizer of a kind; `None` if no reconciler knows the kind.
pub fn finalizer(kind: &str) -> Option<&'static str> {
    let known = [(Table::KIND, Table::FINALIZER), (EventSourceMapping::KIND, EventSourceMapping::FINALIZER)];
    known.into_iter().find_map(|(known, finalizer)| (known == kind).then_some(finalizer))
}

/// Objects of users, and the little a reconciler may change in them: a status and one finalizer, never the spec.
///
/// `seen` is the object as [`Declarations::declared`] gave it. Where it was deleted meanwhile, or deleted and declared
/// anew, nothing is written, which is no error.
#[async_trait]
pub trait Declarations<D: Declared>: Send + Sync + 'static {
    /// The object, with everything this process wrote to it; `None` if it is gone.
    ///
    /// # Errors
    /// [`Error::Objects`], [`Error::Stored`]
    async fn declared(&self, key: &ObjectKey) -> Result<Option<D>, Error>;

    /// Every object of the kind, with everything this process wrote to it.
    ///
    /// # Errors
    /// [`Error::Objects`], [`Error::Stored`]
    async fn all(&self) -> Result<Vec<(ObjectKey, D)>, Error>;

    /// Keeps the object from going until it is released, durably once this returns. Asked for only while
    /// [`Declared::FINALIZER`] is not among the object's finalizers.
    ///
    /// # Errors
    /// [`Error::Objects`], also if the object is being deleted, since then nothing can hold it any more.
    async fn hold(&self, key: &ObjectKey, seen: &D) -> Result<(), Error>;

    /// Writes the status, whatever became of the spec meanwhile.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn set_status(&self, key: &ObjectKey, seen: &D, status: &D::Status) -> Result<(), Error>;

    /// Lets the object go: takes away [`Declared::FINALIZER`] and nothing else. May be repeated.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn release(&self, key: &ObjectKey, seen: &D) -> Result<(), Error>;
}

/// Whether the object is kept from going until what it manages is seen to.
pub fn is_held<D: Declared>(object: &D) -> bool {
    object.metadata().finalizers.iter().flatten().any(|finalizer| finalizer == D::FINALIZER)
}
