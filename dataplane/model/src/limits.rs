//! DynamoDB's limits, each a documented default quota of the service.

/// Bytes of one read capacity unit.
pub const READ_UNIT_BYTES: u64 = 4096;
/// Bytes of one write capacity unit.
pub const WRITE_UNIT_BYTES: u64 = 1024;
/// Largest item: 400 KB, names included.
pub const ITEM_BYTES_MAX: usize = 409_600;
/// Largest partition-key value.
pub const HASH_KEY_BYTES_MAX: usize = 2048;
/// Largest sort-key value.
pub const RANGE_KEY_BYTES_MAX: usize = 1024;
/// Longest name of a key attribute.
pub const KEY_NAME_BYTES_MAX: usize = 255;
/// Longest name of any other attribute.
pub const ATTRIBUTE_NAME_BYTES_MAX: usize = 65_535;
/// Deepest nesting of lists and maps.
pub const NESTING_DEPTH_MAX: usize = 32;
/// A page of Query or Scan ends when the evaluated items reach this size.
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// Largest answer of BatchGetItem; the rest becomes `UnprocessedKeys`.
pub const BATCH_GET_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Keys of one BatchGetItem.
pub const BATCH_GET_KEYS_MAX: usize = 100;
/// Requests of one BatchWriteItem.
pub const BATCH_WRITE_REQUESTS_MAX: usize = 25;
/// Actions of one TransactWriteItems, reads of one TransactGetItems, statements of one ExecuteTransaction.
pub const TRANSACTION_ACTIONS_MAX: usize = 100;
/// What the request of a write transaction may hold of items, keys and values, and what a read transaction may read: 4 MB.
pub const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest `ClientRequestToken`, in characters.
pub const CLIENT_TOKEN_CHARACTERS_MAX: usize = 36;
/// Statements of one BatchExecuteStatement.
pub const BATCH_STATEMENTS_MAX: usize = 25;
/// Longest PartiQL statement, in characters.
pub const STATEMENT_CHARACTERS_MAX: usize = 8192;
/// Longest `NextToken` of a PartiQL statement, in characters.
pub const NEXT_TOKEN_CHARACTERS_MAX: usize = 32_768;
/// Largest request body, after decompression.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest expression text.
pub const EXPRESSION_BYTES_MAX: usize = 4096;
/// Names and values that a request's expressions may use, with their placeholders: 2 MB.
pub const SUBSTITUTIONS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Operators and functions of one expression.
pub const EXPRESSION_OPERATORS_MAX: usize = 300;
/// Operands of `IN`.
pub const IN_OPERANDS_MAX: usize = 100;
/// Read, and also write, units per second of all provisioned tables of an account, as DescribeLimits tells them.
pub const ACCOUNT_UNITS_MAX: u64 = 80_000;
/// Read, and also write, units per second of one provisioned table, as DescribeLimits tells them.
pub const TABLE_UNITS_MAX: u64 = 40_000;
/// Local secondary indexes of a table.
pub const LOCAL_INDEXES_MAX: usize = 5;
/// Global secondary indexes of a table.
pub const GLOBAL_INDEXES_MAX: usize = 20;
/// Projected non-key attributes, summed over a table's indexes.
pub const PROJECTED_ATTRIBUTES_MAX: usize = 100;
/// Largest item collection of a table with local indexes: 10 GB.
pub const ITEM_COLLECTION_BYTES_MAX: u64 = 10 * 1024 * 1024 * 1024;
/// Tags of a table.
pub const TAGS_MAX: usize = 50;
/// Largest `TotalSegments` of a Scan.
pub const SCAN_SEGMENTS_MAX: u32 = 1_000_000;
/// Names of one ListTables page.
pub const LIST_TABLES_MAX: usize = 100;
/// Bytes that stored-size figures add for each item and index entry.
pub const STORED_OVERHEAD_BYTES: u64 = 100;
