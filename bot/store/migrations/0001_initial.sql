-- Times are integers: milliseconds since 1970, UTC. 0/1 are switches. JSON is text.

-- One notification, by webhook or found by the pull. Its key stays for ever, so that a repeat is known as one.
CREATE TABLE notification (
    response_id TEXT NOT NULL,
    action      TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    via         TEXT NOT NULL CHECK (via IN ('webhook', 'pull')),
    is_believed INTEGER NOT NULL CHECK (is_believed IN (0, 1)),  -- signed, or proven by asking LinkedIn
    received_at INTEGER NOT NULL,
    raw         TEXT,
    PRIMARY KEY (response_id, action, occurred_at)
) STRICT;

-- Entries of a type that we do not know yet: answered 2xx, remembered, told once.
CREATE TABLE unrecognised (
    id          INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    type        TEXT NOT NULL
) STRICT;

CREATE TABLE lead (
    id             TEXT PRIMARY KEY,
    response_id    TEXT NOT NULL,
    submitted_at   INTEGER,                     -- with response_id: who the lead is; known once fetched
    notified_at    INTEGER NOT NULL,            -- when the notification says it happened
    received_at    INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN (
        'received', 'waiting_for_linkedin', 'parked', 'unassigned', 'assigned', 'claimed', 'contacted',
        'meeting', 'won', 'lost', 'junk', 'erased')),
    is_late        INTEGER NOT NULL DEFAULT 0 CHECK (is_late IN (0, 1)),
    is_quiet       INTEGER NOT NULL DEFAULT 0 CHECK (is_quiet IN (0, 1)),
    is_test        INTEGER NOT NULL DEFAULT 0 CHECK (is_test IN (0, 1)),
    is_unsigned    INTEGER NOT NULL DEFAULT 0 CHECK (is_unsigned IN (0, 1)),   -- nobody vouches for it

    -- the person, gone after an erasure
    content        TEXT,
    raw            TEXT,

    -- the decision
    source         TEXT NOT NULL DEFAULT '',
    form_id        TEXT NOT NULL DEFAULT '',
    form           TEXT NOT NULL DEFAULT '',
    campaign_id    TEXT NOT NULL DEFAULT '',
    campaign       TEXT NOT NULL DEFAULT '',
    rule           TEXT NOT NULL DEFAULT '',
    template       TEXT NOT NULL DEFAULT 'default',
    decision       TEXT,
    config_version TEXT NOT NULL DEFAULT '',
    decided_at     INTEGER,

    -- who has it
    owner          TEXT NOT NULL DEFAULT '',
    owned_since    INTEGER,
    claimed_at     INTEGER,
    contacted_at   INTEGER,
    revision       INTEGER NOT NULL DEFAULT 0,

    -- waiting to be fetched and routed: due_at is NULL when nothing waits
    due_at         INTEGER,
    lease          TEXT,
    lease_until    INTEGER,
    first_tried_at INTEGER,
    tries          INTEGER NOT NULL DEFAULT 0,
    starts         INTEGER NOT NULL DEFAULT 0,
    doubted_at     INTEGER,                     -- occurredAt of an unsigned DELETED that is to be checked
    error          TEXT NOT NULL DEFAULT '',

    UNIQUE (response_id, submitted_at)
) STRICT;
CREATE INDEX lead_due ON lead (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX lead_leased ON lead (lease_until) WHERE lease IS NOT NULL;
CREATE INDEX lead_suspect ON lead (starts, due_at, id) WHERE starts > 0;
CREATE INDEX lead_received ON lead (received_at);

-- What happened to a lead, for its story and for reports. No personal data but the acting colleague's name.
CREATE TABLE milestone (
    id      INTEGER PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES lead (id),
    at      INTEGER NOT NULL,
    what    TEXT NOT NULL,
    who     TEXT NOT NULL DEFAULT '',
    detail  TEXT NOT NULL DEFAULT '',
    press   TEXT UNIQUE                         -- the press that did it: said again, it does nothing
) STRICT;
CREATE INDEX milestone_lead ON milestone (lead_id, id);

-- The outbox: one row for each thing to tell somebody, however many attempts it takes.
CREATE TABLE delivery (
    id                 TEXT PRIMARY KEY,
    lead_id            TEXT REFERENCES lead (id),
    kind               TEXT NOT NULL CHECK (kind IN ('alert', 'private', 'notice')),
    destination        TEXT NOT NULL,
    address            TEXT NOT NULL,
    person             TEXT NOT NULL DEFAULT '',
    lane               TEXT NOT NULL REFERENCES lane (lane),
    once               TEXT NOT NULL UNIQUE,    -- what makes it the same delivery, such as alert:LEAD:slack:#leads
    text               TEXT NOT NULL DEFAULT '',
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
CREATE INDEX delivery_pending ON delivery (lane, due_at, id) WHERE state = 'pending';
CREATE INDEX delivery_unknown ON delivery (destination, due_at) WHERE state = 'unknown';
CREATE INDEX delivery_leased ON delivery (destination, lease_until) WHERE lease IS NOT NULL;
CREATE INDEX delivery_edit ON delivery (destination, edit_due_at) WHERE edit_due_at IS NOT NULL;
CREATE INDEX delivery_lead ON delivery (lead_id);
CREATE INDEX delivery_dead ON delivery (settled_at) WHERE state = 'dead';

-- One channel's pace and health. The pace survives a restart.
CREATE TABLE lane (
    lane         TEXT PRIMARY KEY,
    destination  TEXT NOT NULL,
    activity     TEXT NOT NULL CHECK (activity IN ('send', 'private', 'edit')),
    free_at      INTEGER NOT NULL DEFAULT 0,    -- when the next message is within the pace, bursts not counted
    down_since   INTEGER,                       -- the target cannot be reached
    probe_at     INTEGER NOT NULL DEFAULT 0     -- and may be tried again then
) STRICT;
CREATE INDEX lane_destination ON lane (destination, activity);

-- An upstream, or one activity of it, that is closed for a while. The row goes when a call went through.
CREATE TABLE pause (
    scope  TEXT PRIMARY KEY,
    since  INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- One owner and lead type under `sources:`, as far as the pull has got.
CREATE TABLE stream (
    owner          TEXT NOT NULL,
    lead_type      TEXT NOT NULL,
    first_pull_at  INTEGER NOT NULL,
    last_pull_at   INTEGER NOT NULL,
    PRIMARY KEY (owner, lead_type)
) STRICT;

-- The rule files that were live, by the version that decisions record.
CREATE TABLE config_version (
    version  TEXT PRIMARY KEY,
    text     TEXT NOT NULL,
    live_at  INTEGER NOT NULL
) STRICT;

-- One row that is written to prove that the file can be written.
CREATE TABLE proof (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body BLOB NOT NULL
) STRICT;

-- Who an e-mail address is in Slack, so that a restart while Slack is away knows everybody.
CREATE TABLE known_user (
    email   TEXT PRIMARY KEY,
    user_id TEXT NOT NULL
) STRICT;
