use partita_model::TableName;
use partita_model::clock::UnixMillis;
use serde_json::{Value, json};

use super::*;
use crate::Wording;

const DYNAMODB: &str = "com.amazonaws.dynamodb.v20120810";

/// The body is the same in both eras.
#[track_caller]
fn body(error: &ServiceError, kind: &str, message: &str) {
    let expected: Value = json!({ "__type": kind, "message": message });
    assert_eq!(error.to_json(Wording::Modern2026), expected);
    assert_eq!(error.to_json(Wording::Classic), expected);
    assert_eq!(error.http_status(), 400);
}

#[track_caller]
fn invalid(error: &ServiceError, message: &str) {
    body(error, "com.amazon.coral.validate#ValidationException", message);
}

#[test]
fn bodies_about_existence_and_state() {
    let table = TableName::new("music");
    let not_found = format!("{DYNAMODB}#ResourceNotFoundException");
    let in_use = format!("{DYNAMODB}#ResourceInUseException");
    body(&ServiceError::resource_not_found(), &not_found, "Requested resource not found");
    body(
        &ServiceError::resource_not_found_table(&table),
        &not_found,
        "Requested resource not found: Table: music not found",
    );
    body(
        &ServiceError::resource_not_found_arn("arn:x"),
        &not_found,
        "Requested resource not found: ResourcArn: arn:x not found",
    );
    body(&ServiceError::table_exists(&table), &in_use, "Table already exists: music");
    let states = [
        (BusyTable::Creating, "created"),
        (BusyTable::Updating, "updated"),
        (BusyTable::Deleting, "deleted"),
    ];
    for (busy, word) in states {
        let sentence =
            format!("Attempt to change a resource which is still in use: Table is being {word}: music");
        body(&ServiceError::resource_in_use(&table, busy), &in_use, &sentence);
    }
    invalid(
        &ServiceError::deletion_protected(),
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
    );
    invalid(
        &ServiceError::unsupported("ResourcePolicy"),
        "One or more parameter values were invalid: ResourcePolicy is not supported by this installation yet",
    );
}

#[test]
fn bodies_about_limits() {
    let exceeded = format!("{DYNAMODB}#LimitExceededException");
    // 2026-10-08T23:20:48Z, and midnight after it.
    let (last, next) = (UnixMillis(1_791_501_648_000), UnixMillis(1_791_504_000_000));
    body(
        &ServiceError::too_many_tables(2500),
        &exceeded,
        "Subscriber limit exceeded: There is a limit of 2500 tables per subscriber",
    );
    body(
        &ServiceError::decrease_budget_spent(DecreaseBudget { decreases_today: 4, last, next }),
        &exceeded,
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the \
         first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 \
         seconds. Number of decreases today: 4. Last decrease at Thursday, October 8, 2026 at 11:20:48 PM Coordinated \
         Universal Time. Next decrease can be made at Friday, October 9, 2026 at 12:00:00 AM Coordinated Universal Time",
    );
    body(
        &ServiceError::billing_switches_spent(SwitchBudget { times: 4, last, next }),
        &exceeded,
        "Subscriber limit exceeded: Update to PayPerRequest mode are limited to 4 times in 1 day(s). Last update at \
         Thu Oct 08 23:20:48 UTC 2026. Next update can be made at Fri Oct 09 00:00:00 UTC 2026",
    );
    body(
        &ServiceError::class_changes_spent(2),
        &exceeded,
        "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).",
    );
    invalid(
        &ServiceError::too_many_tags(),
        "Number of Tags exceed the current limit for the provided ResourceArn",
    );
}

#[test]
fn bodies_about_changes() {
    invalid(
        &ServiceError::throughput_unchanged(UnchangedThroughput { read_units: 5, write_units: 6 }),
        "The provisioned throughput for the table will not change. The requested value equals the current value. \
         Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. Current \
         WriteCapacityUnits provisioned for the table: 6. Requested WriteCapacityUnits: 6. Refer to the Amazon \
         DynamoDB Developer Guide for current limits and how to request higher limits.",
    );
    invalid(
        &ServiceError::throughput_of_on_demand_table(),
        "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified \
         when BillingMode is PAY_PER_REQUEST",
    );
    invalid(
        &ServiceError::on_demand_limit_of_provisioned_table(),
        "One or more parameter values were invalid: MaxReadRequestUnits for OnDemandThroughput cannot be specified \
         when the table BillingMode is PROVISIONED",
    );
    invalid(
        &ServiceError::warm_throughput_decrease("ReadUnitsPerSecond"),
        "One or more parameter values were invalid: Requested ReadUnitsPerSecond for WarmThroughput for table is lower \
         than current WarmThroughput, decreasing WarmThroughput is not supported",
    );
    invalid(&ServiceError::no_stream_to_disable("music"), "Table has no stream to disable: TableName: music");
    invalid(
        &ServiceError::already_encrypted(),
        "One or more parameter values were invalid: Table is already encrypted by default",
    );
    invalid(
        &ServiceError::invalid_resource_arn("arn:x"),
        "Invalid TableArn: Invalid ResourceArn provided as input arn:x",
    );
}
