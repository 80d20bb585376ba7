-- What the Administrators of an organization call a person whom they have added: an address may belong to somebody else's user, whose
-- name is not theirs to learn.
CREATE TABLE person_names (
    organization_id @text NOT NULL,
    address @text NOT NULL, -- normalised
    first_name @text NOT NULL,
    last_name @text NOT NULL,
    named_at @int NOT NULL,
    PRIMARY KEY (organization_id, address)
) @strict;
CREATE INDEX person_names_by_address ON person_names (address);
