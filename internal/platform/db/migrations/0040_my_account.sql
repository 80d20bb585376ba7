-- Where a session was opened: what its owner knows it by.
ALTER TABLE sessions ADD COLUMN address @text;
ALTER TABLE sessions ADD COLUMN agent @text;

-- Links that set a new password; each works once.
CREATE TABLE password_links (
    id @text PRIMARY KEY,
    token_hash @bytes NOT NULL UNIQUE, -- SHA-256
    user_id @text NOT NULL REFERENCES users (id),
    sent_at @int NOT NULL,
    expires_at @int NOT NULL,
    used_at @int
) @strict;
CREATE INDEX password_links_by_user ON password_links (user_id);
