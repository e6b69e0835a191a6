-- What was erased, when and why; names nobody. One row for each erasure, or for each run of them.
CREATE TABLE erasure (
    id              TEXT PRIMARY KEY,
    at              INTEGER NOT NULL,
    cause           TEXT NOT NULL CHECK (cause IN ('forget', 'LinkedIn', 'retention')),
    leads           INTEGER NOT NULL DEFAULT 0,
    texts           INTEGER NOT NULL DEFAULT 0,   -- raw answers, raw notifications and messages dropped for their age
    cards_to_edit   INTEGER NOT NULL DEFAULT 0,
    mails_cancelled INTEGER NOT NULL DEFAULT 0,
    mails_sent      INTEGER NOT NULL DEFAULT 0,   -- or may have been
    rewritten_at    INTEGER,                      -- the file was written anew: its unused space holds nothing of it
    wiped_at        INTEGER                       -- and neither does the log
) STRICT;
CREATE INDEX erasure_unwiped ON erasure (at) WHERE wiped_at IS NULL;

-- The state that an erased lead was in, for reports.
ALTER TABLE lead ADD COLUMN state_before TEXT NOT NULL DEFAULT '';

-- What grows too old, so that a look which finds nothing costs nothing.
CREATE INDEX lead_age ON lead (coalesce(submitted_at, received_at)) WHERE state <> 'erased';
CREATE INDEX lead_raw_age ON lead (coalesce(submitted_at, received_at)) WHERE raw IS NOT NULL;
CREATE INDEX notification_raw_age ON notification (received_at) WHERE raw IS NOT NULL;
CREATE INDEX delivery_text_age ON delivery (settled_at) WHERE kind <> 'alert' AND (text <> '' OR error <> '');
CREATE INDEX unrecognised_age ON unrecognised (received_at);

-- What was erased before there were receipts may have left traces too: one for all of it, still to be wiped.
INSERT INTO erasure (id, at, cause, leads)
SELECT 'e00000000000000', CAST(strftime('%s', 'now') AS INTEGER) * 1000, 'LinkedIn', erased
FROM (SELECT count(*) AS erased FROM lead WHERE state = 'erased')
WHERE erased > 0;
