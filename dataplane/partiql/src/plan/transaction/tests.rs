use partita_protocol::Wording;

use super::*;
use crate::testing::{item, n, s, table};

fn transaction(texts: &[&str]) -> Result<Transaction, ServiceError> {
    let statements = Transaction::parse(texts.iter().map(|text| (*text, &[][..])))?;
    let part = |statement| TransactPart { statement, table: table(), on_condition_failure: false };
    Transaction::new(statements.into_iter().map(part).collect())
}

#[track_caller]
fn fault(texts: &[&str]) -> String {
    let error = transaction(texts).expect_err("a fault");
    error.message(Wording::default()).expect("a sentence").into_owned()
}

#[test]
fn reads_become_gets() {
    let texts =
        ["SELECT * FROM tab WHERE p = 'a' AND s = 1", "SELECT m.k FROM tab WHERE s IN [2] AND (p = 'b')"];
    let Ok(Transaction::Read(lookups)) = transaction(&texts) else { panic!("{texts:?}") };
    let keys: Vec<_> = lookups.iter().map(|lookup| lookup.transact_get().key).collect();
    assert_eq!(keys, [item([("p", s("a")), ("s", n(1))]), item([("p", s("b")), ("s", n(2))])]);
    let found = item([("m", partita_model::AttributeValue::M(item([("k", n(7))])))]);
    assert_eq!(lookups[1].shown(found.into()).decoded().into_owned(), item([("k", n(7))]));
}

#[test]
fn writes_and_checks_become_actions() {
    let texts = [
        "EXISTS(SELECT * FROM tab WHERE p = 'a' AND s = 1 AND x IS MISSING)",
        "INSERT INTO tab VALUE {'p': 'b', 's': 1}",
        "UPDATE tab SET x = 1 WHERE p = 'c' AND s = 1",
        "DELETE FROM tab WHERE p = 'd' AND s = 1",
    ];
    let planned = transaction(&texts).unwrap();
    let Transaction::Write(actions) = &planned else { panic!("{planned:?}") };
    assert!(matches!(
        actions.as_slice(),
        [
            TransactAction::ConditionCheck(_),
            TransactAction::Put(_),
            TransactAction::Update(_),
            TransactAction::Delete(_)
        ]
    ));
    let failed = || CancellationReason::of(ServiceError::conditional_check_failed(None)).unwrap();
    let reasons = vec![failed(), failed(), CancellationReason::NONE, failed()];
    let told = planned.told(ServiceError::transaction_canceled(reasons));
    let codes: Vec<_> = told.cancellation_reasons().iter().map(CancellationReason::code).collect();
    assert_eq!(codes, ["ConditionalCheckFailed", "DuplicateItem", "None", "ConditionalCheckFailed"]);
    assert_eq!(planned.told(ServiceError::internal()), ServiceError::internal());
}

#[test]
fn what_a_transaction_cannot_do_is_refused() {
    let select = "SELECT * FROM tab WHERE p = 'a' AND s = 1";
    let exists = "Validation failed in TransactStatements[0]: EXISTS() must contain a single item read with additional \
                  condition";
    for (texts, expected) in [
        (
            &[select, "UPDATE tab SET x = 1 WHERE p = 'a' AND s = 1"][..],
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        ),
        (
            &["SELECT * FROM tab WHERE"],
            "Validation failed in TransactStatements[0]: Statement wasn't well formed, can't be processed: Unexpected term",
        ),
        (
            &[select, "SELECT * FROM tab WHERE p = 'a' AND s = 1 AND x = 2"],
            "Validation failed in TransactStatements[1]: Select statements within ExecuteTransaction must specify the \
             primary key in the where clause.",
        ),
        (
            &["SELECT * FROM tab.gix WHERE g = 'a'"],
            "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions.",
        ),
        (
            &["DELETE FROM tab WHERE p = 'a' AND s = 1 RETURNING ALL OLD *"],
            "Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction.",
        ),
        (&["EXISTS(SELECT * FROM tab WHERE p = 'a' AND s = 1)"], exists),
        (&["EXISTS(SELECT * FROM tab WHERE p IN ['a'] AND s = 1 AND x = 1)"], exists),
        (
            &["DELETE FROM tab WHERE p = 'a'", "DELETE FROM tab WHERE p = 'a' AND s = 1"],
            "Transaction cancelled, please refer cancellation reasons for specific reasons [ValidationError, None]",
        ),
    ] {
        assert_eq!(fault(texts), expected, "{texts:?}");
    }
}
