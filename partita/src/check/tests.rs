//! The steps against a service in memory that breaks in chosen ways.

use std::cell::{Cell, RefCell};

use super::*;

/// A service with at most one table.
#[derive(Default)]
struct Fake {
    table: Cell<bool>,
    items: RefCell<Vec<Value>>,
    calls: RefCell<Vec<String>>,
    /// Operations that are answered with 500 once, after they were done.
    lost_once: RefCell<Vec<&'static str>>,
    /// An operation that is always refused.
    broken: Option<&'static str>,
}

fn refused(status: u16, kind: &str) -> Answer {
    Answer::Refused { status, kind: kind.to_owned(), message: "as asked".to_owned() }
}

impl Fake {
    fn answer(&self, operation: &str, body: &Value) -> Answer {
        match operation {
            "DescribeTable" if !self.table.get() => refused(400, NOT_FOUND),
            "DescribeTable" => Answer::Done(json!({"Table": {"TableStatus": "ACTIVE"}})),
            "CreateTable" if self.table.replace(true) => refused(400, IN_USE),
            "DeleteTable" if !self.table.replace(false) => refused(400, NOT_FOUND),
            "CreateTable" | "DeleteTable" => Answer::Done(json!({})),
            "PutItem" if body["ConditionExpression"].is_string() => refused(400, CONDITION_FAILED),
            "PutItem" => {
                let mut items = self.items.borrow_mut();
                items.retain(|item| *item != body["Item"]);
                items.insert(0, body["Item"].clone());
                Answer::Done(json!({}))
            }
            "GetItem" => Answer::Done(json!({"Item": self.items.borrow()[0]})),
            "Query" => Answer::Done(json!({"Items": *self.items.borrow()})),
            other => panic!("{other}"),
        }
    }
}

impl Service for Fake {
    fn call(&self, operation: &str, body: &Value) -> Answer {
        self.calls.borrow_mut().push(operation.to_owned());
        if self.broken == Some(operation) {
            return refused(400, "ValidationException");
        }
        let answer = self.answer(operation, body);
        let mut lost = self.lost_once.borrow_mut();
        match lost.iter().position(|lost| *lost == operation) {
            Some(found) => {
                lost.remove(found);
                refused(500, "InternalServerError")
            }
            None => answer,
        }
    }
}

/// Runs the steps; gives what was told, without times, and how it ended.
fn run(fake: &Fake) -> (Vec<String>, Result<()>) {
    let told = RefCell::new(Vec::new());
    let tell = |line: &str| {
        told.borrow_mut().push(line.split(" ms  ").last().unwrap_or(line).to_owned());
        Ok(())
    };
    let check = Check { service: fake, table: "t", tries: 3, pause: &|| {}, tell: &tell };
    let outcome = check.run();
    (told.into_inner(), outcome)
}

#[test]
fn every_step_is_told_and_nothing_is_left() {
    let fake = Fake::default();
    let (told, outcome) = run(&fake);
    outcome.unwrap();
    assert_eq!(told.len(), 7, "{told:?}");
    assert!(!fake.table.get());
}

#[test]
fn a_failed_step_takes_the_table_away() {
    let fake = Fake { broken: Some("Query"), ..Fake::default() };
    let (_, outcome) = run(&fake);
    let error = format!("{:#}", outcome.unwrap_err());
    assert!(error.contains("could not query") && error.contains("ValidationException"), "{error}");
    assert!(!fake.table.get());
}

#[test]
fn what_is_left_behind_is_named() {
    let fake = Fake { broken: Some("DeleteTable"), ..Fake::default() };
    let (told, outcome) = run(&fake);
    assert!(outcome.is_err());
    assert!(told.last().unwrap().contains("table t may be left behind"), "{told:?}");
}

#[test]
fn a_table_of_somebody_else_is_not_touched() {
    let fake = Fake { table: Cell::new(true), ..Fake::default() };
    let (_, outcome) = run(&fake);
    assert!(format!("{:#}", outcome.unwrap_err()).contains("name another with --table"));
    assert_eq!(*fake.calls.borrow(), ["DescribeTable"]);
}

#[test]
fn lost_answers_are_survived_as_an_sdk_survives_them() {
    let lost = vec!["DescribeTable", "CreateTable", "PutItem", "GetItem", "Query", "DeleteTable"];
    let fake = Fake { lost_once: RefCell::new(lost), ..Fake::default() };
    let (told, outcome) = run(&fake);
    outcome.unwrap();
    assert_eq!(told.len(), 7);
    assert!(fake.lost_once.borrow().is_empty() && !fake.table.get());
}

#[test]
fn an_endpoint_that_never_answers_is_given_up_on() {
    let fake = Fake { broken: Some("DescribeTable"), ..Fake::default() };
    let (_, outcome) = run(&fake);
    assert!(format!("{:#}", outcome.unwrap_err()).contains("gave up after 3 tries"));
    assert_eq!(fake.calls.borrow().len(), 3);
}
