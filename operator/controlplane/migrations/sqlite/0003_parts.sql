-- What of a table comes and goes while the table is there: global indexes, the stream, expiry. A table of before has none of its
-- parts written down; the control plane does so when it looks at it first.
ALTER TABLE tables ADD COLUMN parts TEXT NOT NULL DEFAULT '{}';
