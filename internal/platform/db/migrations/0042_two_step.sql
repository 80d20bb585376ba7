-- Second factors: the secret of an authenticator app (RFC 6238).
CREATE TABLE totp_secrets (
    user_id @text PRIMARY KEY REFERENCES users (id),
    secret @bytes NOT NULL, -- sealed
    made_at @int NOT NULL,
    confirmed_at @int, -- when a code has proven that the app knows it; until then it asks for nothing
    last_step @int NOT NULL -- the newest step of time whose code was used: no code is taken twice
) @strict;

-- Codes for who has lost the app; each works once.
CREATE TABLE recovery_codes (
    user_id @text NOT NULL REFERENCES users (id),
    code_hash @bytes NOT NULL, -- SHA-256 of 80 random bits
    used_at @int,
    PRIMARY KEY (user_id, code_hash)
) @strict;

-- Sign-ins whose password was right, and whose code is still missing.
CREATE TABLE signin_steps (
    token_hash @bytes PRIMARY KEY, -- SHA-256
    user_id @text NOT NULL REFERENCES users (id),
    address @text NOT NULL, -- normalised
    started_at @int NOT NULL
) @strict;
CREATE INDEX signin_steps_by_age ON signin_steps (started_at);
