//! The types and reasons of conditions: the whole vocabulary, in one place.
//!
//! Programs may rely on a type and its reasons; messages are for people and may change. A reason is also the reason
//! of the event that is recorded when the condition flips.

/// Types of conditions.
pub mod types {
    /// True while what the object declares is there, serves requests, and is as the manifest says in every field that
    /// is acted upon.
    pub const READY: &str = "Ready";
    /// True while something is being changed, or will be tried again by itself.
    pub const RECONCILING: &str = "Reconciling";
    /// True while nothing more will be tried until somebody changes the object or what it declares.
    pub const STALLED: &str = "Stalled";
    /// True while the spec has fields that are kept but not acted upon; the message names them.
    pub const UNSUPPORTED: &str = "Unsupported";
    /// ACK's word for what is as the manifest says. Mirrors what `Ready` says of the settings.
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
    /// What the object declares is as the manifest says.
    pub const SETTLED: &str = "Settled";
    /// What the object declares is being made.
    pub const CREATING: &str = "Creating";
    /// What the object declares was not there although it had been, and is made again; a table is empty then.
    pub const RECREATED: &str = "Recreated";
    /// What the object declares was there and is now managed by it.
    pub const ADOPTED: &str = "Adopted";
    /// What the object declares is being changed.
    pub const UPDATING: &str = "Updating";
    /// What the object declares is being deleted.
    pub const DELETING: &str = "Deleting";
    /// Deletion protection keeps the table of an object that is to be deleted, or an index that its spec has not, or otherwise.
    pub const DELETION_PROTECTED: &str = "DeletionProtected";
    /// The object is to be deleted with a backup, which cannot be made yet.
    pub const BACKUP_UNSUPPORTED: &str = "BackupUnsupported";
    /// The spec says so: nothing is changed.
    pub const SUSPENDED: &str = "Suspended";
    /// The spec differs from what is there in something that can never change.
    pub const IMMUTABLE_FIELD: &str = "ImmutableField";
    /// DynamoDB's or Lambda's rules do not allow the spec, or Kubernetes' rules what would be made of a Region's.
    pub const INVALID_SPEC: &str = "InvalidSpec";
    /// There is no such table, and the adoption policy does not allow making it.
    pub const NOT_FOUND: &str = "NotFound";
    /// There is such a table, and the adoption policy does not allow taking it over.
    pub const ALREADY_EXISTS: &str = "AlreadyExists";
    /// Another object manages what this one declares, or is the installation's Region.
    pub const CONFLICT: &str = "Conflict";
    /// A step failed and will be tried again.
    pub const STEP_FAILED: &str = "StepFailed";
    /// The spec asks for something this release does not do.
    pub const FIELDS_NOT_ACTED_UPON: &str = "FieldsNotActedUpon";
    /// An annotation asks for something that does not apply here.
    pub const ANNOTATION_IGNORED: &str = "AnnotationIgnored";
    /// A reference points at nothing.
    pub const REFERENCE_NOT_FOUND: &str = "ReferenceNotFound";
    /// EventSourceMapping: there is no such table, or it has no such stream; the mapping waits.
    pub const SOURCE_NOT_FOUND: &str = "SourceNotFound";
    /// EventSourceMapping: the stream of its table was replaced, and the mapping reads the new one.
    pub const MOVED: &str = "Moved";
    /// The table is not there although it is said to be active, or does not serve.
    pub const NOT_SERVING: &str = "NotServing";
    /// Table, EventSourceMapping: there is no Region, or its node cannot be reached; the object waits.
    pub const REGION_NOT_READY: &str = "RegionNotReady";
    /// Region: a node is on its way: its image is fetched, its store opened, its log read.
    pub const NODE_STARTING: &str = "NodeStarting";
    /// Region: a node ends again and again, or its image cannot be fetched; the message says which.
    pub const NODE_FAILING: &str = "NodeFailing";
    /// Region: no machine of the cluster takes the node's pod; the message holds the scheduler's words.
    pub const NODE_UNSCHEDULABLE: &str = "NodeUnschedulable";
    /// Region: a node is replaced by one with new settings.
    pub const ROLLING: &str = "Rolling";
    /// Region: the volume claim has no volume yet, usually for want of a default storage class; or it is being deleted.
    pub const VOLUME_PENDING: &str = "VolumePending";
    /// Region: the volume does not grow, as its storage class does not allow expansion.
    pub const VOLUME_NOT_RESIZABLE: &str = "VolumeNotResizable";
    /// Region: a Secret with an access key or with the bucket's key is absent or malformed; the message names it.
    pub const CREDENTIALS_INVALID: &str = "CredentialsInvalid";
    /// Region: the set of access keys that the nodes accept has changed. Only of events.
    pub const CREDENTIALS_UPDATED: &str = "CredentialsUpdated";
    /// Region: more nodes are asked for than this release runs.
    pub const NODES_NOT_ACTED_UPON: &str = "NodesNotActedUpon";
    /// Every reason.
    pub const ALL: [&str; 31] = [
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
        SOURCE_NOT_FOUND,
        MOVED,
        NOT_SERVING,
        REGION_NOT_READY,
        NODE_STARTING,
        NODE_FAILING,
        NODE_UNSCHEDULABLE,
        ROLLING,
        VOLUME_PENDING,
        VOLUME_NOT_RESIZABLE,
        CREDENTIALS_INVALID,
        CREDENTIALS_UPDATED,
        NODES_NOT_ACTED_UPON,
    ];
}
