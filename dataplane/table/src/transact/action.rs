//! The actions of a transaction, checked against their tables, and what they do to the items that they meet.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use futures::future::try_join_all;
use partita_model::Item;
use partita_model::codec::StoredItem;
use partita_protocol::ServiceError;
use partita_protocol::error::CancellationReason;
use partita_protocol::operation::TransactAction;

use super::TransactionId;
use crate::engine::{Core, TableEngine};
use crate::row::{ItemKey, ItemValue};
use crate::table::Table;
use crate::write::{Effect, Held, Images, Intent, changed};
use crate::{Error, check};

/// An action that fits its table.
pub(crate) struct Action<'r> {
    pub(super) table: Arc<Table>,
    pub(super) key: ItemKey,
    pub(super) requested: &'r TransactAction,
}

/// Actions that were evaluated, and what keeps others away from their items.
pub(crate) struct Evaluated {
    /// For each action, in the order of the request.
    pub(super) outcomes: Vec<Result<Evaluation, CancellationReason>>,
    /// By the collection's row.
    pub(super) collections: BTreeMap<Bytes, Growth>,
    pub(super) held: Held,
}

/// What an action does to its item.
pub(crate) struct Evaluation {
    pub(super) images: Images,
    pub(super) effect: Effect,
}

/// What the actions together do to an item collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Growth {
    pub(super) bytes: i64,
    /// The size afterwards.
    pub(super) after: u64,
}

impl TableEngine {
    /// Everything that can be refused before an item is looked at.
    pub(super) fn checked<'r>(
        &self,
        requested: impl IntoIterator<Item = &'r TransactAction>,
    ) -> Result<Vec<Action<'r>>, ServiceError> {
        let mut actions = Vec::new();
        for requested in requested {
            let table = self.table(requested.table())?;
            let key = checked_key(&table, requested)?;
            actions.push(Action { table, key, requested });
        }
        only_once(actions.iter().map(|action| &action.key))?;
        Ok(actions)
    }
}

/// No item may be there twice.
pub(super) fn only_once<'k>(keys: impl Iterator<Item = &'k ItemKey>) -> Result<(), ServiceError> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key.row()) {
            return Err(ServiceError::several_actions_on_one_item());
        }
    }
    Ok(())
}

fn checked_key(table: &Table, action: &TransactAction) -> Result<ItemKey, ServiceError> {
    match action {
        TransactAction::Put(put) => check::put(table, &put.item),
        TransactAction::Update(update) => {
            let key = check::key(&table.descriptor, &update.key)?;
            let targets =
                update.update.as_ref().map(|change| check::update_targets(&table.descriptor, change));
            targets.transpose()?;
            Ok(key)
        }
        TransactAction::Delete(delete) => check::key(&table.descriptor, &delete.key),
        TransactAction::ConditionCheck(checked) => check::key(&table.descriptor, &checked.key),
    }
}

impl Action<'_> {
    /// What the action does to the item it meets.
    fn evaluate(&self, before: Option<ItemValue>) -> Result<Evaluation, Error> {
        match self.requested {
            TransactAction::Put(put) => self.decide(before, |_| Ok(Some(Cow::Borrowed(&put.item)))),
            TransactAction::Update(update) => self.decide(before, |before| {
                let after = changed(&self.table, &update.key, update.update.as_ref(), before)?;
                Ok(after.map(Cow::Owned))
            }),
            TransactAction::Delete(_) => self.decide(before, |_| Ok(None)),
            TransactAction::ConditionCheck(_) => {
                self.decide(before, |before| Ok(before.map(|item| Cow::Owned(item.decode()))))
            }
        }
    }

    fn decide<'i>(
        &self,
        before: Option<ItemValue>,
        change: impl FnOnce(Option<&StoredItem>) -> Result<Option<Cow<'i, Item>>, ServiceError>,
    ) -> Result<Evaluation, Error> {
        let intent = Intent {
            table: &self.table,
            key: &self.key,
            condition: self.requested.condition(),
            show_item: self.requested.on_condition_failure(),
            change,
        };
        let (images, effect) = intent.decide(before)?;
        Ok(Evaluation { images, effect })
    }
}

impl Core {
    /// Latches the items of all actions and evaluates every one of them; `by` is the transaction whose locks do not matter.
    pub(super) async fn evaluate(
        &self,
        actions: &[Action<'_>],
        by: Option<TransactionId>,
    ) -> Result<Evaluated, Error> {
        // A transaction has at most 100 actions.
        let permit = self.permit(actions.len() as u32).await?;
        let items = self.item_latches.acquire_all(actions.iter().map(|action| action.key.row())).await;
        let before = try_join_all(actions.iter().map(|action| self.current(&action.key))).await?;
        let mut outcomes = Vec::with_capacity(actions.len());
        for (action, before) in actions.iter().zip(before) {
            let holder = self.locks.holder(action.key.row());
            let refusal = match holder.is_some_and(|holder| Some(holder) != by) {
                true => Some(ServiceError::transaction_conflict()),
                false => action.table.admit_write(&self.scope).err(),
            };
            outcomes.push(match refusal {
                Some(refusal) => Err(CancellationReason::of(refusal)?),
                None => told(action.evaluate(before))?,
            });
        }
        let held = Held { items, _collections: Vec::new(), _permit: permit };
        let mut evaluated = Evaluated { outcomes, collections: BTreeMap::new(), held };
        self.grow_collections(actions, &mut evaluated).await?;
        Ok(evaluated)
    }

    /// Latches the item collections, and refuses the actions that make one of them too large.
    async fn grow_collections(&self, actions: &[Action<'_>], evaluated: &mut Evaluated) -> Result<(), Error> {
        let Evaluated { outcomes, collections, held } = evaluated;
        for (action, outcome) in actions.iter().zip(&*outcomes) {
            if let (true, Ok(evaluation)) = (action.table.has_local_indexes(), outcome) {
                collections.entry(action.key.collection()).or_default().bytes +=
                    evaluation.effect.tally.bytes();
            }
        }
        held._collections = self.collection_latches.acquire_all(collections.keys()).await;
        for (row, growth) in &mut *collections {
            growth.after = self.collection_after(row, growth.bytes).await?;
        }
        for (action, outcome) in actions.iter().zip(outcomes) {
            let grows = outcome.as_ref().is_ok_and(|evaluation| evaluation.effect.tally.bytes() > 0);
            let growth = collections.get(&action.key.collection()).filter(|_| grows);
            if growth.is_some_and(|growth| self.is_too_much(growth.bytes, growth.after)) {
                *outcome = Err(CancellationReason::of(ServiceError::item_collection_size())?);
            }
        }
        Ok(())
    }
}

impl Evaluated {
    /// The reasons for cancelling, one for each action; `None` when there is no reason at all.
    pub(super) fn reasons(&self) -> Option<Vec<CancellationReason>> {
        if self.outcomes.iter().all(Result::is_ok) {
            return None;
        }
        let reason = |outcome: &Result<_, CancellationReason>| match outcome {
            Ok(_) => CancellationReason::NONE,
            Err(reason) => reason.clone(),
        };
        Some(self.outcomes.iter().map(reason).collect())
    }
}

/// A refusal of one action is a reason for cancelling; other errors end the call.
fn told(result: Result<Evaluation, Error>) -> Result<Result<Evaluation, CancellationReason>, Error> {
    match result {
        Ok(evaluation) => Ok(Ok(evaluation)),
        Err(error @ (Error::Refused(_) | Error::ConditionFailed { .. })) => {
            Ok(Err(CancellationReason::of(ServiceError::from(error))?))
        }
        Err(error) => Err(error),
    }
}
