//! Parameters that several operations share: the small vocabularies and the options of writes.

use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Cursor, Members, Pull, Taken, Text, once};

/// Which attributes a write answers with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReturnValues {
    /// Nothing.
    #[default]
    None,
    /// The whole item before the write.
    AllOld,
    /// What the update touched, before.
    UpdatedOld,
    /// The whole item after the write.
    AllNew,
    /// What the update touched, after.
    UpdatedNew,
}

/// How much an answer says about the capacity it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReturnCapacity {
    /// Nothing.
    #[default]
    None,
    /// The total of each table.
    Total,
    /// Also the parts of the table and of each index.
    Indexes,
}

/// The spellings a string member may have, and what they mean.
pub(crate) struct Choices<T: 'static> {
    /// Each spelling with its meaning.
    pub(crate) all: &'static [(&'static str, T)],
    /// The set as errors list it.
    pub(crate) classic: &'static str,
    /// The set as errors list it since 2026, the same where nothing has changed.
    pub(crate) modern: &'static str,
}

impl<T: Copy> Choices<T> {
    /// The meaning of `given`, or a violation at `place`.
    pub(crate) fn check(&self, given: Option<&str>, place: &Place, violations: &mut Violations) -> Option<T> {
        let given = given?;
        let found = self.all.iter().find(|(spelling, _)| *spelling == given);
        if found.is_none() {
            let constraint = Constraint::Enum { classic: self.classic, modern: self.modern };
            violations.add(place.clone(), given, constraint);
        }
        found.map(|(_, meaning)| *meaning)
    }
}

const RETURN_VALUES: Choices<ReturnValues> = Choices {
    all: &[
        ("NONE", ReturnValues::None),
        ("ALL_OLD", ReturnValues::AllOld),
        ("UPDATED_OLD", ReturnValues::UpdatedOld),
        ("ALL_NEW", ReturnValues::AllNew),
        ("UPDATED_NEW", ReturnValues::UpdatedNew),
    ],
    classic: "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW",
    // `UPDATE_NEW` is how the service spells it in this sentence; the value it accepts is `UPDATED_NEW`.
    modern: "ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE",
};

const RETURN_CAPACITY: Choices<ReturnCapacity> = Choices {
    all: &[
        ("NONE", ReturnCapacity::None),
        ("TOTAL", ReturnCapacity::Total),
        ("INDEXES", ReturnCapacity::Indexes),
    ],
    classic: "INDEXES, TOTAL, NONE",
    modern: "INDEXES, TOTAL, NONE",
};

const COLLECTION_METRICS: Choices<bool> =
    Choices { all: &[("NONE", false), ("SIZE", true)], classic: "SIZE, NONE", modern: "SIZE, NONE" };

const ON_CONDITION_FAILURE: Choices<bool> =
    Choices { all: &[("NONE", false), ("ALL_OLD", true)], classic: "ALL_OLD, NONE", modern: "ALL_OLD, NONE" };

/// Checks `ReturnConsumedCapacity`.
pub(crate) fn return_capacity(given: Option<&str>, violations: &mut Violations) -> ReturnCapacity {
    let place = Place::member("returnConsumedCapacity");
    RETURN_CAPACITY.check(given, &place, violations).unwrap_or_default()
}

/// Checks `ReturnItemCollectionMetrics`.
pub(crate) fn collection_metrics(given: Option<&str>, violations: &mut Violations) -> bool {
    let place = Place::member("returnItemCollectionMetrics");
    COLLECTION_METRICS.check(given, &place, violations).unwrap_or_default()
}

/// Checks `ReturnValuesOnConditionCheckFailure`, the member `place`.
pub(crate) fn on_condition_failure(given: Option<&str>, place: &Place, violations: &mut Violations) -> bool {
    ON_CONDITION_FAILURE.check(given, place, violations).unwrap_or_default()
}

/// The parameters of a single-item write that say what its answer holds, as given.
#[derive(Default)]
pub(crate) struct GivenReturns<'b> {
    return_values: Option<Text<'b>>,
    on_condition_failure: Option<Text<'b>>,
    capacity: Option<Text<'b>>,
    collection_metrics: Option<Text<'b>>,
}

/// What a single-item write's answer holds.
#[derive(Clone, Copy)]
pub(crate) struct Returns {
    pub(crate) return_values: ReturnValues,
    pub(crate) on_condition_failure: bool,
    pub(crate) collection_metrics: bool,
}

impl<'b> Pull<'b> for GivenReturns<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        let place = match name {
            "ReturnValues" => &mut self.return_values,
            "ReturnValuesOnConditionCheckFailure" => &mut self.on_condition_failure,
            "ReturnConsumedCapacity" => &mut self.capacity,
            "ReturnItemCollectionMetrics" => &mut self.collection_metrics,
            _ => return Some(false),
        };
        once(place, cursor.text())
    }
}

impl GivenReturns<'_> {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            return_values: members.text("ReturnValues")?,
            on_condition_failure: members.text("ReturnValuesOnConditionCheckFailure")?,
            capacity: members.text("ReturnConsumedCapacity")?,
            collection_metrics: members.text("ReturnItemCollectionMetrics")?,
        })
    }

    /// `ReturnConsumedCapacity`, which is checked before the table's name.
    pub(crate) fn check_capacity(&self, violations: &mut Violations) -> ReturnCapacity {
        return_capacity(self.capacity.as_deref(), violations)
    }

    /// All but `ReturnConsumedCapacity`.
    pub(crate) fn check(&self, violations: &mut Violations) -> Returns {
        let collection_metrics = collection_metrics(self.collection_metrics.as_deref(), violations);
        let place = Place::member("returnValues");
        let return_values = RETURN_VALUES.check(self.return_values.as_deref(), &place, violations);
        let place = Place::member("returnValuesOnConditionCheckFailure");
        let on_condition_failure =
            on_condition_failure(self.on_condition_failure.as_deref(), &place, violations);
        Returns { return_values: return_values.unwrap_or_default(), on_condition_failure, collection_metrics }
    }
}

impl Returns {
    /// PutItem and DeleteItem know no other images than the old one.
    pub(crate) fn only_old_values(&self) -> Result<(), ServiceError> {
        match self.return_values {
            ReturnValues::None | ReturnValues::AllOld => Ok(()),
            _ => Err(ServiceError::return_values_all_old_or_none()),
        }
    }
}
