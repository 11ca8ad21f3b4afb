//! A shard, as a coordinator sees it.

use std::fmt::Debug;

use async_trait::async_trait;
use partita_protocol::operation::{TransactAction, TransactGet, TransactGetItems, TransactWriteItems};
use partita_protocol::output;
use partita_table::transact::{
    Begun, Decision, LedgerEntry, Outcome, Prepared, ReadAnswer, ReadVersions, ShardId, Token, TransactionId,
};
use partita_table::{Error, TableEngine};

/// What a shard does for transactions. Messages may be lost, late, or come twice: nothing but [`decide`](Self::decide) may
/// make a transaction happen, and everything may be asked again. The contracts are those of the methods of [`TableEngine`]
/// of the same names.
#[async_trait]
pub trait Participant: Send + Sync + Debug {
    /// A transaction that has all its items, and its token, here.
    async fn transact_write_items(
        &self,
        request: &TransactWriteItems,
    ) -> Result<output::TransactWrite, Error>;

    /// Reads of items that are all here.
    async fn transact_get_items(&self, request: &TransactGetItems) -> Result<output::TransactItems, Error>;

    /// Asks the ledger whether a transaction may begin.
    async fn begin(&self, transaction: TransactionId, token: Option<&Token>) -> Result<Begun, Error>;

    /// Gives a token back to the ledger: its transaction will not be decided.
    async fn release(&self, transaction: TransactionId, token: &Token) -> Result<(), Error>;

    /// Checks and locks.
    async fn prepare(
        &self,
        transaction: TransactionId,
        ledger: ShardId,
        actions: &[&TransactAction],
    ) -> Result<Prepared, Error>;

    /// Asks the ledger to commit.
    async fn decide(&self, decision: Decision) -> Result<Outcome, Error>;

    /// Carries out what was prepared, or forgets it.
    async fn settle(&self, transaction: TransactionId, outcome: Outcome) -> Result<(), Error>;

    /// Asks the ledger what becomes of a transaction; nothing, from now on, if it is not decided.
    async fn resolve(&self, transaction: TransactionId) -> Result<Outcome, Error>;

    /// Lets the ledger forget a transaction.
    async fn forget(&self, transaction: TransactionId) -> Result<(), Error>;

    /// Reads items with their versions.
    async fn read_versions_of(&self, gets: &[&TransactGet]) -> Result<ReadAnswer, Error>;

    /// Whether items still have those versions.
    async fn confirm_versions(&self, gets: &[&TransactGet], versions: &ReadVersions) -> Result<bool, Error>;

    /// Transactions that have locked items here for too long, with the shards of their ledgers.
    async fn stalled(&self) -> Result<Vec<(TransactionId, ShardId)>, Error>;

    /// What the ledger knows of a transaction.
    async fn entry(&self, transaction: TransactionId) -> Result<Option<LedgerEntry>, Error>;

    /// Rows of the ledger that have been there for so long that something must be done about them.
    async fn overdue(&self) -> Result<Vec<LedgerEntry>, Error>;
}

#[async_trait]
impl Participant for TableEngine {
    async fn transact_write_items(
        &self,
        request: &TransactWriteItems,
    ) -> Result<output::TransactWrite, Error> {
        self.transact_write_items(request).await
    }

    async fn transact_get_items(&self, request: &TransactGetItems) -> Result<output::TransactItems, Error> {
        self.transact_get_items(request).await
    }

    async fn begin(&self, transaction: TransactionId, token: Option<&Token>) -> Result<Begun, Error> {
        self.begin(transaction, token).await
    }

    async fn release(&self, transaction: TransactionId, token: &Token) -> Result<(), Error> {
        self.release(transaction, token);
        Ok(())
    }

    async fn prepare(
        &self,
        transaction: TransactionId,
        ledger: ShardId,
        actions: &[&TransactAction],
    ) -> Result<Prepared, Error> {
        self.prepare(transaction, ledger, actions).await
    }

    async fn decide(&self, decision: Decision) -> Result<Outcome, Error> {
        self.decide(decision).await
    }

    async fn settle(&self, transaction: TransactionId, outcome: Outcome) -> Result<(), Error> {
        self.settle(transaction, outcome).await
    }

    async fn resolve(&self, transaction: TransactionId) -> Result<Outcome, Error> {
        self.resolve(transaction).await
    }

    async fn forget(&self, transaction: TransactionId) -> Result<(), Error> {
        self.forget(transaction).await
    }

    async fn read_versions_of(&self, gets: &[&TransactGet]) -> Result<ReadAnswer, Error> {
        self.read_versions_of(gets).await
    }

    async fn confirm_versions(&self, gets: &[&TransactGet], versions: &ReadVersions) -> Result<bool, Error> {
        self.confirm_versions(gets, versions).await
    }

    async fn stalled(&self) -> Result<Vec<(TransactionId, ShardId)>, Error> {
        Ok(self.stalled())
    }

    async fn entry(&self, transaction: TransactionId) -> Result<Option<LedgerEntry>, Error> {
        Ok(self.entry(transaction))
    }

    async fn overdue(&self) -> Result<Vec<LedgerEntry>, Error> {
        Ok(self.overdue())
    }
}
