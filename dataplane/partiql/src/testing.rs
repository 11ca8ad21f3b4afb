//! Short ways to write statements, values and items in tests.

use partita_model::{AttributeValue, Item, Number, TableDescriptor};
use partita_protocol::error::StatementFault;

use crate::{Options, Plan, Reading, Statement, Write};

pub(crate) use crate::fuzz::table;

pub(crate) fn s(text: &str) -> AttributeValue {
    text.into()
}

pub(crate) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(Number::from(number))
}

pub(crate) fn item<const N: usize>(pairs: [(&str, AttributeValue); N]) -> Item {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn plan(text: &str) -> Result<Plan, StatementFault> {
    plan_on(&table(), text)
}

pub(crate) fn plan_on(table: &TableDescriptor, text: &str) -> Result<Plan, StatementFault> {
    Plan::new(Statement::parse(text, &[])?, table, &Options::default())
}

#[track_caller]
pub(crate) fn reading(text: &str) -> Reading {
    match plan(text) {
        Ok(Plan::Read(reading)) => *reading,
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn write(text: &str) -> Write {
    match plan(text) {
        Ok(Plan::Write(write)) => *write,
        other => panic!("{text}: {other:?}"),
    }
}

/// The sentence about what is wrong with a statement.
#[track_caller]
pub(crate) fn fault(text: &str) -> String {
    plan(text).expect_err(text).to_string()
}
