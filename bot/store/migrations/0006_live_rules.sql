-- The templates that were live together with the text, JSON: "slack/lead.j2" -> its text.
ALTER TABLE config_version ADD COLUMN templates TEXT NOT NULL DEFAULT '{}';

-- What went live when, and how. The newest row is live.
CREATE TABLE live_log (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    version TEXT NOT NULL REFERENCES config_version (version),
    how     TEXT NOT NULL CHECK (how IN ('start', 'file', 'undo')),
    who     TEXT NOT NULL DEFAULT '',
    change  TEXT NOT NULL DEFAULT '',           -- in one line
    undone  INTEGER REFERENCES live_log (id),   -- for an undo: the row that it took back
    press   TEXT UNIQUE                         -- and the press that did it: said again, it does nothing
) STRICT;
CREATE INDEX live_log_version ON live_log (version, id);
CREATE INDEX live_log_undone ON live_log (undone) WHERE undone IS NOT NULL;

-- What stands in the file and is not to go live while it stands there: told as refused, or taken back by somebody.
CREATE TABLE unused_file (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version TEXT NOT NULL,
    why     TEXT NOT NULL CHECK (why IN ('refused', 'set aside')),
    since   INTEGER NOT NULL
) STRICT;
