-- Whose lead it is beyond its owner, what became of it, and whether this person was here before.
ALTER TABLE lead ADD COLUMN team           TEXT NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN offered_at     INTEGER;                    -- the whole team may claim it since then
ALTER TABLE lead ADD COLUMN held_until     INTEGER;                    -- nobody is free: looked at again then
ALTER TABLE lead ADD COLUMN given_back_by  TEXT NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN outcome_at     INTEGER;
ALTER TABLE lead ADD COLUMN outcome_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN repeat_of      TEXT REFERENCES lead (id);
ALTER TABLE lead ADD COLUMN escalation     TEXT NOT NULL DEFAULT '';   -- the steps it started with, JSON
ALTER TABLE lead ADD COLUMN mails_owner    INTEGER NOT NULL DEFAULT 0 CHECK (mails_owner IN (0, 1));
ALTER TABLE lead ADD COLUMN digest         TEXT NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN digested_at    INTEGER;                    -- when its digest listed it
CREATE INDEX lead_open ON lead (owner, state, is_test) WHERE state IN ('assigned', 'claimed') AND is_test = 0;
CREATE INDEX lead_undigested ON lead (digest) WHERE digest <> '' AND digested_at IS NULL;
CREATE INDEX lead_repeat ON lead (repeat_of) WHERE repeat_of IS NOT NULL;

-- What is to happen to a lead when nobody acts, each at its time. A claim, an outcome or an erasure removes them.
CREATE TABLE timer (
    lead_id TEXT NOT NULL REFERENCES lead (id),
    number  INTEGER NOT NULL,
    due_at  INTEGER NOT NULL,
    action  TEXT NOT NULL,
    ways    TEXT NOT NULL DEFAULT '',           -- destinations of a word to a person, with spaces between
    set_at  INTEGER NOT NULL,                   -- by which clock: one that was ahead is seen by this
    PRIMARY KEY (lead_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due_at);
CREATE INDEX timer_set ON timer (set_at);

-- Where a team's turns stand, as bot/core/rotation.py writes it.
CREATE TABLE rotation (
    team  TEXT PRIMARY KEY,
    state TEXT NOT NULL
) STRICT;

-- The ledger: who was given which lead in turn.
CREATE TABLE turn (
    id          INTEGER PRIMARY KEY,
    team        TEXT NOT NULL,
    lead_id     TEXT NOT NULL REFERENCES lead (id),
    person      TEXT NOT NULL,
    taken_at    INTEGER NOT NULL,
    returned_at INTEGER                         -- the lead was junk: the turn was given back
) STRICT;
CREATE INDEX turn_team ON turn (team, id);
CREATE INDEX turn_lead ON turn (lead_id);

-- By what somebody is known who comes again: keyed hashes, removed with the person.
CREATE TABLE fingerprint (
    print   TEXT NOT NULL,
    lead_id TEXT NOT NULL REFERENCES lead (id),
    PRIMARY KEY (print, lead_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fingerprint_lead ON fingerprint (lead_id);

-- When each digest was last made.
CREATE TABLE digest (
    name    TEXT PRIMARY KEY,
    made_at INTEGER NOT NULL
) STRICT;

-- The outbox learns two kinds, threads, and a button below a notice. SQLite changes a CHECK only in a new table.
CREATE TABLE delivery_new (
    id                 TEXT PRIMARY KEY,
    lead_id            TEXT REFERENCES lead (id),
    kind               TEXT NOT NULL CHECK (kind IN ('alert', 'private', 'notice', 'reminder', 'digest')),
    destination        TEXT NOT NULL,
    address            TEXT NOT NULL,
    person             TEXT NOT NULL DEFAULT '',
    lane               TEXT NOT NULL REFERENCES lane (lane),
    once               TEXT NOT NULL UNIQUE,    -- what makes it the same delivery, such as alert:LEAD:slack:#leads
    text               TEXT NOT NULL DEFAULT '',
    undo               TEXT NOT NULL DEFAULT '',  -- the version of the rule file that its Undo button takes back
    thread_of          TEXT REFERENCES delivery (id),  -- it answers this one's message
    state              TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'unknown', 'sent', 'dead', 'cancelled')),
    created_at         INTEGER NOT NULL,
    due_at             INTEGER NOT NULL,
    attempts           INTEGER NOT NULL DEFAULT 0,
    starts             INTEGER NOT NULL DEFAULT 0,
    looks              INTEGER NOT NULL DEFAULT 0,
    first_tried_at     INTEGER,
    tried_at           INTEGER,
    settled_at         INTEGER,
    lease              TEXT,
    lease_until        INTEGER,
    is_unclear         INTEGER NOT NULL DEFAULT 0 CHECK (is_unclear IN (0, 1)),  -- died unasked: it may be there
    is_plain           INTEGER NOT NULL DEFAULT 0 CHECK (is_plain IN (0, 1)),
    is_possible_repeat INTEGER NOT NULL DEFAULT 0 CHECK (is_possible_repeat IN (0, 1)),
    error              TEXT NOT NULL DEFAULT '',
    receipt_address    TEXT NOT NULL DEFAULT '',
    receipt_message    TEXT NOT NULL DEFAULT '',

    -- the posted message brought up to date: edit_due_at is NULL when it shows the lead as it is
    shown_revision     INTEGER NOT NULL DEFAULT 0,
    edit_due_at        INTEGER,
    edit_lease         TEXT,
    edit_lease_until   INTEGER,
    edit_tries         INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO delivery_new
    (id, lead_id, kind, destination, address, person, lane, once, text, state, created_at, due_at, attempts, starts,
     looks, first_tried_at, tried_at, settled_at, lease, lease_until, is_unclear, is_plain, is_possible_repeat, error,
     receipt_address, receipt_message, shown_revision, edit_due_at, edit_lease, edit_lease_until, edit_tries)
SELECT
     id, lead_id, kind, destination, address, person, lane, once, text, state, created_at, due_at, attempts, starts,
     looks, first_tried_at, tried_at, settled_at, lease, lease_until, is_unclear, is_plain, is_possible_repeat, error,
     receipt_address, receipt_message, shown_revision, edit_due_at, edit_lease, edit_lease_until, edit_tries
FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_new RENAME TO delivery;
CREATE INDEX delivery_pending ON delivery (lane, due_at, id) WHERE state = 'pending';
CREATE INDEX delivery_unknown ON delivery (destination, due_at) WHERE state = 'unknown';
CREATE INDEX delivery_leased ON delivery (destination, lease_until) WHERE lease IS NOT NULL;
CREATE INDEX delivery_edit ON delivery (destination, edit_due_at) WHERE edit_due_at IS NOT NULL;
CREATE INDEX delivery_lead ON delivery (lead_id);
CREATE INDEX delivery_dead ON delivery (settled_at) WHERE state = 'dead';
CREATE INDEX delivery_text_age ON delivery (settled_at)
    WHERE kind IN ('private', 'notice') AND (text <> '' OR error <> '');

-- Which leads a digest lists, so that its message can be made again without one that was erased.
CREATE TABLE digest_entry (
    delivery_id TEXT NOT NULL REFERENCES delivery (id),
    lead_id     TEXT NOT NULL REFERENCES lead (id),
    PRIMARY KEY (delivery_id, lead_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX digest_entry_lead ON digest_entry (lead_id);
