-- The catalog: what users asked for. Numbers are 64-bit, times are milliseconds since 1970, documents are JSON text.
-- Kept to SQL that PostgreSQL takes as well; there, names need COLLATE "C" to sort by bytes.

-- Numbers that only grow, also when what they numbered is gone.
CREATE TABLE counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('table_id', 0);

CREATE TABLE tables (
    id         BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    uuid       TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    revision   BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    definition TEXT   NOT NULL,
    history    TEXT   NOT NULL
);

CREATE TABLE tags (
    table_id BIGINT NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    tag_key  TEXT   NOT NULL,
    value    TEXT   NOT NULL,
    PRIMARY KEY (table_id, tag_key)
);

-- Declared objects of any kind, opaque to the catalog.
CREATE TABLE objects (
    kind      TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name      TEXT NOT NULL,
    metadata  TEXT NOT NULL,
    spec      TEXT NOT NULL,
    status    TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)
);
