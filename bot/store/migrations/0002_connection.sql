-- The consent by which an upstream lets us in: one row for each. Whatever could be used by a thief is sealed.
CREATE TABLE connection (
    upstream           TEXT PRIMARY KEY,  -- "linkedin"
    tokens             TEXT NOT NULL,     -- JSON with access_token and refresh_token, sealed with a key of secret_key
    scopes             TEXT NOT NULL,     -- with spaces between; empty = not told
    connected_at       INTEGER NOT NULL,  -- when the member consented
    obtained_at        INTEGER NOT NULL,  -- when this access token was issued
    expires_at         INTEGER,           -- NULL = not told
    refresh_expires_at INTEGER,
    died_at            INTEGER            -- when the upstream refused it for good; NULL = alive
) STRICT;
