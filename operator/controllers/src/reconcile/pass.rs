//! One object during one pass: what it asks for.

use partita_api::annotations::Annotations;
use partita_api::{AdoptionPolicy, DeletionPolicy, Table, unsupported_fields};
use partita_model::TableName;

use super::end::End;
use super::history::History;
use super::{Claim, Place};
use crate::ObjectKey;
use crate::plan::{Desired, Observed};
use crate::status::Advice;

/// An object during a pass.
pub(super) struct Pass<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) object: Table,
    pub(super) table: TableName,
    pub(super) claim: &'a Claim,
    pub(super) place: Option<&'a Place>,
    annotations: Annotations,
}

impl<'a> Pass<'a> {
    pub(super) fn new(key: &'a ObjectKey, object: Table, claim: &'a Claim, place: Option<&'a Place>) -> Self {
        let given = object.metadata.annotations.clone().unwrap_or_default();
        let scope = place.map(|place| &place.scope);
        let (region, account_id) =
            scope.map_or(("", ""), |scope| (scope.region.as_str(), scope.account_id.as_str()));
        let mut annotations = Annotations::read(&given, region, account_id);
        if place.is_none() {
            // Whether one does not apply here can be told only once it is known where that is.
            annotations.ignored.clear();
        }
        let table = TableName::new(&object.spec.table_name);
        Self { key, object, table, claim, place, annotations }
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.object.metadata.deletion_timestamp.is_some()
    }

    /// The end of a pass without a place.
    pub(super) fn placeless(&self) -> End<Observed> {
        let Some(policy) = self.deletion_policy() else {
            return End::placeless("the table waits for a Region that is ready");
        };
        if policy == DeletionPolicy::Retain || !History::of(&self.object).has_table() {
            return End::gone();
        }
        End::placeless(
            "the object is to be deleted, and its table can be deleted only once there is a Region that is ready; \
             set deletionPolicy to Retain to leave the table as it is",
        )
    }
}

impl Pass<'_> {
    pub(super) fn desired<'a>(&'a self, history: &'a History) -> Desired<'a> {
        let spec = &self.object.spec;
        let adoption = spec.adoption_policy.or(self.annotations.adoption_policy);
        Desired {
            spec,
            table_id: history.table_id(),
            adoption: adoption.unwrap_or(AdoptionPolicy::AdoptOrCreate),
            deletion: self.deletion_policy(),
            suspended: spec.suspend.unwrap_or(self.annotations.read_only),
        }
    }

    /// What is to become of the table, once the object is to be deleted.
    fn deletion_policy(&self) -> Option<DeletionPolicy> {
        self.is_deleted().then_some(())?;
        let spec = &self.object.spec;
        let recoverable =
            spec.continuous_backups.and_then(|b| b.point_in_time_recovery_enabled) == Some(true);
        let default = if recoverable { DeletionPolicy::BackupThenDelete } else { DeletionPolicy::Delete };
        Some(spec.deletion_policy.or(self.annotations.deletion_policy).unwrap_or(default))
    }

    pub(super) fn advice(&self) -> Advice {
        let references = self.references();
        Advice {
            unsupported: unsupported_fields(&self.object.spec),
            ignored_annotations: self.annotations.ignored.clone(),
            unresolved: (!references.is_empty()).then_some(references),
        }
    }

    /// The references of the spec; none of them can be followed yet.
    fn references(&self) -> Vec<&'static str> {
        let spec = &self.object.spec;
        let restore = spec.restore.as_ref();
        let key = spec.sse_specification.as_ref().is_some_and(|sse| sse.kms_master_key_ref.is_some());
        let references = [
            ("sseSpecification.kmsMasterKeyRef", key),
            ("restore.backupRef", restore.is_some_and(|restore| restore.backup_ref.is_some())),
            ("restore.sourceTableRef", restore.is_some_and(|restore| restore.source_table_ref.is_some())),
        ];
        references.into_iter().filter_map(|(field, given)| given.then_some(field)).collect()
    }
}
