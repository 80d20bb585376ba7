-- The country or region that somebody confirmed when registering; fixed from then on.
ALTER TABLE users ADD COLUMN country @text;

-- An address of a personal account that was converted: its permissions stay, and it signs in no longer.
ALTER TABLE user_addresses ADD COLUMN retired_at @int;

-- Sign-ups that wait for the code in the mail.
CREATE TABLE signups (
    id @text PRIMARY KEY,
    address @text NOT NULL, -- normalised
    user_id @text REFERENCES users (id), -- who converts a personal account; none who registers
    language @text NOT NULL, -- of the mail
    started_at @int NOT NULL,
    code_hash @bytes, -- none until it is mailed, and none at all where the address has an account
    attempts @int NOT NULL, -- to enter the code
    expires_at @int NOT NULL,
    used_at @int
) @strict;
CREATE INDEX signups_by_age ON signups (started_at);

-- Addresses that people say are theirs too; the link in the mail proves it.
CREATE TABLE address_claims (
    id @text PRIMARY KEY,
    user_id @text NOT NULL REFERENCES users (id),
    address @text NOT NULL, -- normalised
    claimed_at @int NOT NULL,
    token_hash @bytes UNIQUE, -- SHA-256; none until it is mailed
    expires_at @int NOT NULL,
    used_at @int
) @strict;
CREATE INDEX address_claims_by_user ON address_claims (user_id, id);
CREATE INDEX address_claims_by_age ON address_claims (claimed_at);
