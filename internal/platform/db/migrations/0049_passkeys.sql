-- Passkeys: public keys that people sign in with (WebAuthn).
CREATE TABLE passkeys (
    id @text PRIMARY KEY,
    user_id @text NOT NULL REFERENCES users (id),
    credential_id @bytes NOT NULL UNIQUE,
    name @text NOT NULL, -- what its owner knows it by
    credential @text NOT NULL, -- the public key and what else its use is checked by, as JSON
    sign_count @int NOT NULL, -- as the authenticator counts; 0 where it does not
    created_at @int NOT NULL,
    used_at @int
) @strict;
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

-- Challenges that wait for their answer; each is taken once.
CREATE TABLE passkey_challenges (
    token_hash @bytes PRIMARY KEY, -- SHA-256
    user_id @text REFERENCES users (id), -- who adds a passkey; none where somebody signs in
    challenge @text NOT NULL, -- what the answer is checked by, as JSON
    started_at @int NOT NULL
) @strict;
CREATE INDEX passkey_challenges_by_age ON passkey_challenges (started_at);
