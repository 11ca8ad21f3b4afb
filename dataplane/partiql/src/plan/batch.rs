//! BatchExecuteStatement: statements that stand for themselves, each about one item.

use partita_model::TableDescriptor;
use partita_protocol::error::StatementFault;

use super::{Lookup, Options, Write};
use crate::statement::Statement;

/// How one statement of a batch is carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchPart {
    /// By reading an item.
    Read(Box<Lookup>),
    /// By one write.
    Write(Box<Write>),
}

impl BatchPart {
    /// The plan for a statement of a batch, on the table that it names.
    ///
    /// # Errors
    /// As of [`Plan::new`](super::Plan::new), and when a SELECT is about anything but one item of a table.
    pub fn new(
        statement: Statement,
        table: &TableDescriptor,
        options: &Options,
    ) -> Result<Self, StatementFault> {
        match statement {
            Statement::Select(select) => Lookup::new(select, table, options)?
                .map(|lookup| Self::Read(Box::new(lookup)))
                .ok_or(StatementFault::BatchReadWithoutKey),
            Statement::Exists(_) => Err(StatementFault::ExistsAlone),
            write => Write::new(write, table, options).map(|write| Self::Write(Box::new(write))),
        }
    }

    /// That the statements of a batch all read or all write. Those that could not be read are of neither kind.
    ///
    /// # Errors
    /// When there are both.
    pub fn check_alike<'s>(
        statements: impl IntoIterator<Item = &'s Statement>,
    ) -> Result<(), StatementFault> {
        let mut kinds = statements.into_iter().map(Statement::is_read);
        match kinds.next() {
            Some(first) if kinds.any(|kind| kind != first) => Err(StatementFault::BatchMixed),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{item, n, s, table};

    fn part(text: &str) -> Result<BatchPart, String> {
        let statement = Statement::parse(text, &[]).map_err(|fault| fault.to_string())?;
        BatchPart::new(statement, &table(), &Options::default()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_read_is_of_one_item_by_its_key_and_nothing_else() {
        let Ok(BatchPart::Read(lookup)) = part("SELECT x FROM tab WHERE p IN ['a'] AND s = 1") else {
            panic!("a read")
        };
        assert_eq!(lookup.get.key, item([("p", s("a")), ("s", n(1))]));
        let refused = "Select statements within BatchExecuteStatement must specify the primary key in the where clause.";
        for rest in [
            "",
            "WHERE p = 'a'",
            "WHERE p = 'a' AND s > 1",
            "WHERE p = 'a' AND s = 1 AND x = 1",
            "WHERE p = 'a' AND s = 1 AND p = 'b'",
            "WHERE p = 'a' AND s = 1 OR p = 'b' AND s = 1",
        ] {
            assert_eq!(part(&format!("SELECT * FROM tab {rest}")), Err(refused.to_owned()), "{rest}");
        }
        assert_eq!(part("SELECT * FROM tab.gix WHERE g = 'a'"), Err(refused.to_owned()));
        assert!(matches!(part("DELETE FROM tab WHERE p = 'a' AND s = 1"), Ok(BatchPart::Write(_))));
    }

    #[test]
    fn a_batch_reads_or_writes() {
        let parse = |text| Statement::parse(text, &[]).unwrap();
        let (read, write) = (parse("SELECT * FROM tab"), parse("DELETE FROM tab WHERE p = 'a' AND s = 1"));
        assert_eq!(BatchPart::check_alike([&read, &read]), Ok(()));
        assert_eq!(BatchPart::check_alike([]), Ok(()));
        assert_eq!(BatchPart::check_alike([&write, &read]), Err(StatementFault::BatchMixed));
    }
}
