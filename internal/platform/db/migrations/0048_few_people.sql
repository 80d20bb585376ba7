-- Licensing IDs that depend on too few people: since when, and whether their Administrators were told.
CREATE TABLE few_people (
    licensing_id @text PRIMARY KEY,
    keys @bool NOT NULL, -- fewer than two reach downloads and keys; otherwise there is a single Administrator only
    since @int NOT NULL,
    told_at @int
) @strict;
CREATE INDEX few_people_untold ON few_people (since) WHERE told_at IS NULL;

-- The Administrators of a Licensing ID are looked for without the others.
CREATE INDEX role_grants_administrators ON role_grants (licensing_id, address) WHERE revoked_at IS NULL AND role = 'administrator';
