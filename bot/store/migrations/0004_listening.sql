-- Which owner and lead type a lead belongs to: told by its notification, corrected when it is fetched. Stays after an
-- erasure, so that LinkedIn's number and ours can be compared.
ALTER TABLE lead ADD COLUMN stream_owner TEXT NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN lead_type    TEXT NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN late_cause   TEXT NOT NULL DEFAULT '';     -- why the webhook had not brought it
ALTER TABLE lead ADD COLUMN is_listed    INTEGER NOT NULL DEFAULT 0 CHECK (is_listed IN (0, 1));  -- in a quiet list
UPDATE lead SET stream_owner = coalesce(json_extract(content, '$.lead.owner'), ''),
                lead_type    = coalesce(json_extract(content, '$.lead.lead_type'), '')
WHERE content IS NOT NULL;
UPDATE lead SET is_listed = is_quiet;
CREATE INDEX lead_stream ON lead (stream_owner, lead_type, coalesce(submitted_at, notified_at));
CREATE INDEX lead_late ON lead (stream_owner, lead_type, received_at) WHERE is_late = 1;
CREATE INDEX lead_unfetched ON lead (notified_at) WHERE submitted_at IS NULL;
CREATE INDEX lead_in_hand ON lead (due_at, id) WHERE due_at IS NOT NULL AND content IS NOT NULL;
CREATE INDEX lead_to_list ON lead (stream_owner, lead_type) WHERE is_quiet = 1 AND is_listed = 0;

-- When the whole look_back was asked for the last time; the pulls between ask only for what is new.
ALTER TABLE stream ADD COLUMN full_pull_at INTEGER NOT NULL DEFAULT 0;

-- A day of one stream that `leadbell pull` has fetched to the end, so that an interrupted one goes on where it stopped.
CREATE TABLE pulled_day (
    owner      TEXT NOT NULL,
    lead_type  TEXT NOT NULL,
    day        INTEGER NOT NULL,                 -- its first millisecond
    pulled_at  INTEGER NOT NULL,
    PRIMARY KEY (owner, lead_type, day)
) STRICT;

-- How often in a row a scope was closed, so that each wait is longer than the one before.
ALTER TABLE pause ADD COLUMN strikes    INTEGER NOT NULL DEFAULT 1;
ALTER TABLE pause ADD COLUMN is_probing INTEGER NOT NULL DEFAULT 0 CHECK (is_probing IN (0, 1));

-- What did not work, from when to when: the causes of late leads. `until` is NULL while it lasts.
CREATE TABLE incident (
    id     INTEGER PRIMARY KEY,
    what   TEXT NOT NULL CHECK (what IN ('pause', 'alarm')),
    about  TEXT NOT NULL,                        -- a pause's scope; an alarm's "owner lead_type"
    cause  TEXT NOT NULL,
    since  INTEGER NOT NULL,
    until  INTEGER
) STRICT;
CREATE UNIQUE INDEX incident_open ON incident (what, about) WHERE until IS NULL;
CREATE INDEX incident_since ON incident (since);

-- The last time of something that should come again and again, such as LinkedIn's challenge.
CREATE TABLE sign (
    what TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;

-- When a server ran: between two rows none did.
CREATE TABLE uptime (
    started_at INTEGER PRIMARY KEY,
    seen_at    INTEGER NOT NULL
) STRICT;

-- The subscriptions that we made at LinkedIn.
CREATE TABLE subscription (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    lead_type  TEXT NOT NULL,
    webhook    TEXT NOT NULL,
    form       TEXT NOT NULL,
    entity     TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One night's comparison of LinkedIn's number with ours, for one stream.
CREATE TABLE tally (
    owner      TEXT NOT NULL,
    lead_type  TEXT NOT NULL,
    night      TEXT NOT NULL,                    -- the date on which it was counted, such as 2026-11-23
    counted_at INTEGER NOT NULL,
    theirs     INTEGER NOT NULL,
    ours       INTEGER NOT NULL,
    missing    INTEGER NOT NULL,
    gone       INTEGER NOT NULL,
    PRIMARY KEY (owner, lead_type, night)
) STRICT;
