//! TransactWriteItems.

mod action;

use partita_expression::Condition;
use partita_model::{Item, limits};

use super::client_token::{Digest, client_token, with_fingerprint};
use super::parameter::{collection_metrics, return_capacity};
use super::parts::GivenParts;
use super::{ClientToken, DeleteItem, PutItem, ReturnCapacity, TableRef, UpdateItem};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Cursor, Members, Pull, Taken, Text, once};

use action::GivenElement;

/// Carries out several writes, all of them or none.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactWriteItems {
    /// The writes, 1 to 100. That no two of them are about the same item is still to be checked.
    pub actions: Vec<TransactAction>,
    /// Lets the transaction happen once, however often the request is sent.
    pub token: Option<ClientToken>,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
    /// Whether to say how large the item collections are.
    pub collection_metrics: bool,
}

/// One write of a transaction, or one condition of it. What the answer to an operation on its own would show is not asked
/// for: of the writes' parameters about that only `on_condition_failure` is ever set.
#[derive(Clone, Debug, PartialEq)]
pub enum TransactAction {
    /// Changes nothing.
    ConditionCheck(ConditionCheck),
    /// Creates an item or replaces it whole.
    Put(PutItem),
    /// Changes attributes of an item, and creates it if it is not there. There is an update expression.
    Update(UpdateItem),
    /// Deletes an item, if it is there.
    Delete(DeleteItem),
}

/// What must hold of an item that the transaction leaves alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionCheck {
    /// Where.
    pub table: TableRef,
    /// The item's key; that it fits the table's schema is still to be checked.
    pub key: Item,
    /// What must hold.
    pub condition: Condition,
    /// Whether a failed condition shows the item it failed on.
    pub on_condition_failure: bool,
}

impl TransactAction {
    /// Where.
    pub fn table(&self) -> &TableRef {
        match self {
            Self::ConditionCheck(check) => &check.table,
            Self::Put(put) => &put.table,
            Self::Update(update) => &update.table,
            Self::Delete(delete) => &delete.table,
        }
    }

    /// The attributes in which the item's key is: the key, or the whole new item.
    pub fn keys(&self) -> &Item {
        match self {
            Self::ConditionCheck(check) => &check.key,
            Self::Put(put) => &put.item,
            Self::Update(update) => &update.key,
            Self::Delete(delete) => &delete.key,
        }
    }

    /// What must hold of the item that is there.
    pub fn condition(&self) -> Option<&Condition> {
        match self {
            Self::ConditionCheck(check) => Some(&check.condition),
            Self::Put(put) => put.condition.as_ref(),
            Self::Update(update) => update.condition.as_ref(),
            Self::Delete(delete) => delete.condition.as_ref(),
        }
    }

    /// Whether a failed condition shows the item it failed on.
    pub fn on_condition_failure(&self) -> bool {
        match self {
            Self::ConditionCheck(check) => check.on_condition_failure,
            Self::Put(put) => put.on_condition_failure,
            Self::Update(update) => update.on_condition_failure,
            Self::Delete(delete) => delete.on_condition_failure,
        }
    }
}

#[derive(Default)]
struct Given<'b> {
    items: Option<GivenParts<GivenElement<'b>, { limits::TRANSACTION_ACTIONS_MAX }>>,
    token: Option<Text<'b>>,
    capacity: Option<Text<'b>>,
    collection_metrics: Option<Text<'b>>,
}

impl<'b> Pull<'b> for Given<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "TransactItems" => once(&mut self.items, GivenParts::pull(cursor, GivenElement::pull)),
            "ClientRequestToken" => once(&mut self.token, cursor.text()),
            "ReturnConsumedCapacity" => once(&mut self.capacity, cursor.text()),
            "ReturnItemCollectionMetrics" => once(&mut self.collection_metrics, cursor.text()),
            _ => Some(false),
        }
    }
}

impl TransactWriteItems {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            items: GivenParts::read("TransactItems", &mut members)?,
            token: members.text("ClientRequestToken")?,
            capacity: members.text("ReturnConsumedCapacity")?,
            collection_metrics: members.text("ReturnItemCollectionMetrics")?,
        };
        given.check()
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        Given::pull_body(body)?.check().ok()
    }
}

/// What adds up over the actions.
struct Sums {
    /// Items, keys and values.
    bytes: usize,
    /// If there is a token.
    digest: Option<Digest>,
}

impl Given<'_> {
    fn check(self) -> Result<TransactWriteItems, ServiceError> {
        let mut violations = Violations::new();
        let capacity = return_capacity(self.capacity.as_deref(), &mut violations);
        let collection_metrics = collection_metrics(self.collection_metrics.as_deref(), &mut violations);
        client_token(self.token.as_deref(), &mut violations);
        GivenParts::check(self.items.as_ref(), Place::member("transactItems"), &mut violations);
        violations.finish()?;

        let elements = GivenParts::into_parts(self.items);
        let given: Vec<_> = elements.into_iter().map(GivenElement::only_action).collect::<Result<_, _>>()?;
        let mut sums = Sums { bytes: 0, digest: self.token.is_some().then(Digest::new) };
        let actions = given.into_iter().map(|action| action.accept(&mut sums)).collect::<Result<_, _>>()?;
        if sums.bytes > limits::TRANSACTION_BYTES_MAX {
            return Err(ServiceError::transaction_request_too_large(sums.bytes));
        }
        let token = with_fingerprint(self.token, sums.digest);
        Ok(TransactWriteItems { actions, token, capacity, collection_metrics })
    }
}
