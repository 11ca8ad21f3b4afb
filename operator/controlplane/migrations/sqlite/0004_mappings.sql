-- Event source mappings. A stream and a target are connected once; the target is here as mappings name it.
CREATE TABLE mappings (
    id         TEXT   NOT NULL PRIMARY KEY,
    source     TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    deleting   BIGINT NOT NULL,
    mapping    TEXT   NOT NULL,
    UNIQUE (source, target)
);
