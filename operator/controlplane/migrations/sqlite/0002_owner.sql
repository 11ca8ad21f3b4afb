-- Whose tables the catalog holds: one row once somebody claimed it. A catalog never serves another region or account.
CREATE TABLE owner (
    singleton  BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
    region     TEXT   NOT NULL,
    account_id TEXT   NOT NULL
);
