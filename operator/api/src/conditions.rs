//! The types and reasons of conditions: the whole vocabulary, in one place.
//!
//! Programs may rely on a type and its reasons; messages are for people and may change. A reason is also the reason
//! of the event that is recorded when the condition flips.

/// Types of conditions.
pub mod types {
    /// True while the table is there, serves requests, and is as the manifest says in every field that is acted upon.
    pub const READY: &str = "Ready";
    /// True while something is being changed, or will be tried again by itself.
    pub const RECONCILING: &str = "Reconciling";
    /// True while nothing more will be tried until somebody changes the object or the table.
    pub const STALLED: &str = "Stalled";
    /// True while the spec has fields that are kept but not acted upon; the message names them.
    pub const UNSUPPORTED: &str = "Unsupported";
    /// ACK's word for a table that is as the manifest says. Mirrors what `Ready` says of the settings.
    pub const ACK_RESOURCE_SYNCED: &str = "ACK.ResourceSynced";
    /// ACK's word for `Stalled`. Present only while it is True.
    pub const ACK_TERMINAL: &str = "ACK.Terminal";
    /// ACK's word for a failure that will be tried again. Present only while it is True.
    pub const ACK_RECOVERABLE: &str = "ACK.Recoverable";
    /// ACK's word for something to know that is no failure. Mirrors `Unsupported` and ignored annotations.
    pub const ACK_ADVISORY: &str = "ACK.Advisory";
    /// ACK's word for whether all references of the spec point at something. Present if there are any.
    pub const ACK_REFERENCES_RESOLVED: &str = "ACK.ReferencesResolved";
    /// Every type, in the order they stand in a status.
    pub const ALL: [&str; 9] = [
        READY,
        RECONCILING,
        STALLED,
        UNSUPPORTED,
        ACK_RESOURCE_SYNCED,
        ACK_TERMINAL,
        ACK_RECOVERABLE,
        ACK_ADVISORY,
        ACK_REFERENCES_RESOLVED,
    ];
}

/// Reasons of conditions.
pub mod reasons {
    /// The table is as the manifest says.
    pub const SETTLED: &str = "Settled";
    /// The table is being made.
    pub const CREATING: &str = "Creating";
    /// The table was not there although it had been, and is being made again, empty.
    pub const RECREATED: &str = "Recreated";
    /// A table of this name was there and is now managed by the object.
    pub const ADOPTED: &str = "Adopted";
    /// The table is being changed.
    pub const UPDATING: &str = "Updating";
    /// The table is being deleted.
    pub const DELETING: &str = "Deleting";
    /// The object is to be deleted, and deletion protection keeps the table.
    pub const DELETION_PROTECTED: &str = "DeletionProtected";
    /// The object is to be deleted with a backup, which cannot be made yet.
    pub const BACKUP_UNSUPPORTED: &str = "BackupUnsupported";
    /// The spec says so: nothing is changed.
    pub const SUSPENDED: &str = "Suspended";
    /// The spec differs from the table in something that can never change.
    pub const IMMUTABLE_FIELD: &str = "ImmutableField";
    /// DynamoDB's rules do not allow the spec.
    pub const INVALID_SPEC: &str = "InvalidSpec";
    /// There is no such table, and the adoption policy does not allow making it.
    pub const NOT_FOUND: &str = "NotFound";
    /// There is such a table, and the adoption policy does not allow taking it over.
    pub const ALREADY_EXISTS: &str = "AlreadyExists";
    /// Another object manages the table.
    pub const CONFLICT: &str = "Conflict";
    /// A step failed and will be tried again.
    pub const STEP_FAILED: &str = "StepFailed";
    /// The spec asks for something this release does not do.
    pub const FIELDS_NOT_ACTED_UPON: &str = "FieldsNotActedUpon";
    /// An annotation asks for something that does not apply here.
    pub const ANNOTATION_IGNORED: &str = "AnnotationIgnored";
    /// A reference points at nothing.
    pub const REFERENCE_NOT_FOUND: &str = "ReferenceNotFound";
    /// The table is not there although it is said to be active, or does not serve.
    pub const NOT_SERVING: &str = "NotServing";
    /// Every reason.
    pub const ALL: [&str; 19] = [
        SETTLED,
        CREATING,
        RECREATED,
        ADOPTED,
        UPDATING,
        DELETING,
        DELETION_PROTECTED,
        BACKUP_UNSUPPORTED,
        SUSPENDED,
        IMMUTABLE_FIELD,
        INVALID_SPEC,
        NOT_FOUND,
        ALREADY_EXISTS,
        CONFLICT,
        STEP_FAILED,
        FIELDS_NOT_ACTED_UPON,
        ANNOTATION_IGNORED,
        REFERENCE_NOT_FOUND,
        NOT_SERVING,
    ];
}
