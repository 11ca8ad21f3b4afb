//! One element of `TransactItems`: an object with one member, which says what kind of action it is.

use partita_expression::{Condition, Kind, Update};
use partita_model::{Item, limits, size};
use serde_json::Value;

use super::super::expressions::{GivenMaps, Maps};
use super::super::parameter::on_condition_failure;
use super::super::parts::Part;
use super::super::table_ref::table_name_at;
use super::super::{DeleteItem, PutItem, ReturnCapacity, ReturnValues, TableRef, UpdateItem, attributes};
use super::{ConditionCheck, Sums, TransactAction};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull as _, Taken, Text, item, once};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionKind {
    ConditionCheck,
    Put,
    Update,
    Delete,
}

impl ActionKind {
    const ALL: [Self; 4] = [Self::ConditionCheck, Self::Put, Self::Update, Self::Delete];

    /// The member of the element, as requests and as errors spell it.
    fn member(self) -> (&'static str, &'static str) {
        match self {
            Self::ConditionCheck => ("ConditionCheck", "conditionCheck"),
            Self::Put => ("Put", "put"),
            Self::Update => ("Update", "update"),
            Self::Delete => ("Delete", "delete"),
        }
    }

    /// The member of the action that holds the item or its key.
    fn item_member(self) -> (&'static str, &'static str) {
        match self {
            Self::Put => ("Item", "item"),
            Self::ConditionCheck | Self::Update | Self::Delete => ("Key", "key"),
        }
    }
}

/// The actions of an element, as given; there must be one.
pub(super) struct GivenElement<'b>(Vec<GivenAction<'b>>);

/// An action, as given.
pub(super) struct GivenAction<'b> {
    kind: ActionKind,
    table: Option<Text<'b>>,
    item: Option<Candidate<Item>>,
    update: Option<Text<'b>>,
    condition: Option<Text<'b>>,
    on_condition_failure: Option<Text<'b>>,
    maps: GivenMaps,
}

impl Part for GivenElement<'_> {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        let mut actions = Vec::new();
        for kind in ActionKind::ALL {
            if let Some(action) = members.structure(kind.member().0)? {
                actions.push(GivenAction::read(kind, action)?);
            }
        }
        Ok(Self(actions))
    }

    fn check(&self, place: &Place, violations: &mut Violations) {
        for action in &self.0 {
            action.check(&place.then(action.kind.member().1), violations);
        }
    }

    fn shown(&self) -> String {
        let kinds: Vec<&str> = self.0.iter().map(|action| action.kind.member().1).collect();
        format!("TransactWriteItem({})", kinds.join(", "))
    }
}

impl<'b> GivenElement<'b> {
    /// Reads an unremarkable element.
    pub(super) fn pull(cursor: &mut Cursor<'b>) -> Option<Self> {
        let mut found = None;
        cursor.object(|cursor, name| {
            let kind = ActionKind::ALL.into_iter().find(|kind| kind.member().0 == name)?;
            once(&mut found, GivenAction::pull(kind, cursor)).map(|_| ())
        })?;
        found.map(|action| Self(vec![action]))
    }

    /// The action, if there is one.
    pub(super) fn only_action(self) -> Result<GivenAction<'b>, ServiceError> {
        let mut actions = self.0.into_iter();
        match (actions.next(), actions.next()) {
            (Some(action), None) => Ok(action),
            (None, _) => Err(ServiceError::no_action()),
            (Some(_), Some(_)) => Err(ServiceError::several_actions()),
        }
    }
}

impl<'b> GivenAction<'b> {
    fn read(kind: ActionKind, mut members: Members) -> Result<Self, ServiceError> {
        let is_update = kind == ActionKind::Update;
        Ok(Self {
            kind,
            table: members.text("TableName")?,
            item: members.read(kind.item_member().0, item)?,
            update: if is_update { members.text("UpdateExpression")? } else { None },
            condition: members.text("ConditionExpression")?,
            on_condition_failure: members.text("ReturnValuesOnConditionCheckFailure")?,
            maps: GivenMaps::read(&mut members)?,
        })
    }

    fn pull(kind: ActionKind, cursor: &mut Cursor<'b>) -> Option<Self> {
        let mut action = Self {
            kind,
            table: None,
            item: None,
            update: None,
            condition: None,
            on_condition_failure: None,
            maps: GivenMaps::default(),
        };
        cursor.object(|cursor, name| action.member(&name, cursor)?.then_some(()))?;
        Some(action)
    }

    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "TableName" => once(&mut self.table, cursor.text()),
            "UpdateExpression" if self.kind == ActionKind::Update => once(&mut self.update, cursor.text()),
            "ConditionExpression" => once(&mut self.condition, cursor.text()),
            "ReturnValuesOnConditionCheckFailure" => once(&mut self.on_condition_failure, cursor.text()),
            name if name == self.kind.item_member().0 => once(&mut self.item, cursor.item().map(Ok)),
            _ => self.maps.member(name, cursor),
        }
    }

    fn check(&self, place: &Place, violations: &mut Violations) {
        table_name_at(place.then("tableName"), self.table.as_deref(), violations);
        self.failure_shows_item(place.then("returnValuesOnConditionCheckFailure"), violations);
        attributes::required(self.item.as_ref(), place.then(self.kind.item_member().1), violations);
        if self.kind == ActionKind::Update && self.update.is_none() {
            violations.missing(place.then("updateExpression"));
        }
        if self.kind == ActionKind::ConditionCheck && self.condition.is_none() {
            violations.missing(place.then("conditionExpression"));
        }
    }

    fn failure_shows_item(&self, place: Place, violations: &mut Violations) -> bool {
        on_condition_failure(self.on_condition_failure.as_deref(), &place, violations)
    }

    /// The rules of the action, once its constraints have been checked.
    pub(super) fn accept(mut self, sums: &mut Sums) -> Result<TransactAction, ServiceError> {
        let item = self.item.take().transpose()?.unwrap_or_default();
        let item_bytes = size::item_size(&item);
        if self.kind == ActionKind::Put && item_bytes > limits::ITEM_BYTES_MAX {
            return Err(ServiceError::item_size_exceeded());
        }
        let maps = std::mem::take(&mut self.maps).check(&self.expressions())?;
        sums.bytes += item_bytes + maps.values().map_or(0, size::item_size);
        self.digest(&item, &maps, sums);
        let (update, condition) = self.parse(&maps)?;
        self.assemble(item, update, condition)
    }

    /// The expressions the action takes, each with whether it is given.
    fn expressions(&self) -> Vec<(Kind, bool)> {
        let condition = (Kind::Condition, self.condition.is_some());
        match self.kind {
            ActionKind::Update => vec![(Kind::Update, self.update.is_some()), condition],
            ActionKind::ConditionCheck | ActionKind::Put | ActionKind::Delete => vec![condition],
        }
    }

    fn digest(&self, item: &Item, maps: &Maps, sums: &mut Sums) {
        let Some(digest) = &mut sums.digest else { return };
        digest.text(self.kind.member().0);
        digest.text(self.table.as_deref().unwrap_or_default());
        digest.item(item);
        digest.optional_text(self.update.as_deref());
        digest.optional_text(self.condition.as_deref());
        digest.names(maps.names());
        digest.item(maps.values().unwrap_or(&Item::new()));
    }

    fn parse(&self, maps: &Maps) -> Result<(Option<Update>, Option<Condition>), ServiceError> {
        let substitutions = maps.substitutions()?;
        let update = match &self.update {
            None => None,
            Some(text) => Some(Update::parse(text, &substitutions)?),
        };
        let condition = match &self.condition {
            None => None,
            Some(text) => Some(Condition::parse(Kind::Condition, text, &substitutions)?),
        };
        substitutions.finish()?;
        Ok((update, condition))
    }

    fn assemble(
        self,
        item: Item,
        update: Option<Update>,
        condition: Option<Condition>,
    ) -> Result<TransactAction, ServiceError> {
        let unused = Place::member("returnValuesOnConditionCheckFailure");
        let on_condition_failure = self.failure_shows_item(unused, &mut Violations::new());
        let table = TableRef::new(self.table.unwrap_or_default());
        let (return_values, capacity) = (ReturnValues::None, ReturnCapacity::None);
        let collection_metrics = false;
        Ok(match self.kind {
            ActionKind::ConditionCheck => {
                // The check of the constraints has refused a check without a condition.
                let condition = condition.ok_or_else(ServiceError::internal)?;
                TransactAction::ConditionCheck(ConditionCheck {
                    table,
                    key: item,
                    condition,
                    on_condition_failure,
                })
            }
            ActionKind::Put => TransactAction::Put(PutItem {
                table,
                item,
                condition,
                return_values,
                on_condition_failure,
                capacity,
                collection_metrics,
            }),
            ActionKind::Update => TransactAction::Update(UpdateItem {
                table,
                key: item,
                update,
                condition,
                return_values,
                on_condition_failure,
                capacity,
                collection_metrics,
            }),
            ActionKind::Delete => TransactAction::Delete(DeleteItem {
                table,
                key: item,
                condition,
                return_values,
                on_condition_failure,
                capacity,
                collection_metrics,
            }),
        })
    }
}
