-- Who may do what on which Licensing ID: one row gives one role to one address.
CREATE TABLE role_grants (
    id @text NOT NULL,
    licensing_id @text NOT NULL,
    address @text NOT NULL, -- normalised
    role @text NOT NULL,
    part @text NOT NULL, -- of a role group; '' is ALL
    source @text NOT NULL, -- assigned, contact
    source_ref @text NOT NULL, -- the user who assigned it, the type of contact
    valid_from @int NOT NULL,
    valid_until @int, -- the first instant at which it no longer counts
    granted_at @int NOT NULL,
    revoked_at @int,
    PRIMARY KEY (licensing_id, id)
) @strict;
CREATE INDEX role_grants_by_id ON role_grants (id);
CREATE INDEX role_grants_by_address ON role_grants (address, licensing_id) WHERE revoked_at IS NULL;
CREATE INDEX role_grants_by_licensing_id ON role_grants (licensing_id, address) WHERE revoked_at IS NULL;

-- Contacts that gave their roles once: importing them again gives nothing back.
CREATE TABLE contact_grants (
    licensing_id @text NOT NULL,
    address @text NOT NULL,
    ref @text NOT NULL, -- type of contact
    granted_at @int NOT NULL,
    PRIMARY KEY (licensing_id, address, ref)
) @strict;

-- The row that every change of a Licensing ID's roles bumps first, so that such changes come one after the other.
CREATE TABLE role_sets (
    licensing_id @text PRIMARY KEY,
    version @int NOT NULL
) @strict;
