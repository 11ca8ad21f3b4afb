//! `AttributeUpdates` as an update.

use std::collections::BTreeMap;

use partita_model::AttributeValue;
use partita_model::value::AttributeType;

use crate::error::LegacyError;
use crate::update::{Action, Change, SetValue};
use crate::{AttributeAction, AttributeUpdate, Path};

pub(crate) fn actions(updates: BTreeMap<String, AttributeUpdate>) -> Result<Vec<Action>, LegacyError> {
    updates
        .into_iter()
        .map(|(name, update)| Ok(Action { path: Path::top_level(name), change: change(update)? }))
        .collect()
}

fn change(update: AttributeUpdate) -> Result<Change, LegacyError> {
    match (update.action.unwrap_or(AttributeAction::Put), update.value) {
        (AttributeAction::Delete, None) => Ok(Change::Remove),
        (AttributeAction::Put | AttributeAction::Add, None) => Err(LegacyError::ActionWithoutValue),
        (AttributeAction::Put, Some(value)) => Ok(Change::Set(SetValue::Value(value))),
        (AttributeAction::Add, Some(value)) => add(value),
        (AttributeAction::Delete, Some(value)) => delete(value),
    }
}

fn add(value: AttributeValue) -> Result<Change, LegacyError> {
    use AttributeType::{Bs, L, N, Ns, Ss};
    match value.attribute_type() {
        N | Ss | Ns | Bs | L => Ok(Change::Add(value)),
        other => Err(LegacyError::AddType(other)),
    }
}

fn delete(value: AttributeValue) -> Result<Change, LegacyError> {
    use AttributeType::{Bs, Ns, Ss};
    match value.attribute_type() {
        Ss | Ns | Bs => Ok(Change::Delete(value)),
        other => Err(LegacyError::DeleteType(other)),
    }
}
