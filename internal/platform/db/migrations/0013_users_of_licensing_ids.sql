-- Who is Primary Contact or Notices Correspondent of a Licensing ID or of an agreement above: as agreements told, by row of either.
CREATE TABLE named_contacts (
    id @text PRIMARY KEY,
    subject_id @text NOT NULL, -- of licensing_ids or agreements
    type @text NOT NULL, -- primary, notices
    address @text NOT NULL, -- normalised
    named_at @int NOT NULL,
    ended_at @int -- when the agreement named others
) @strict;
CREATE UNIQUE INDEX named_contacts_now ON named_contacts (subject_id, type, address) WHERE ended_at IS NULL;
CREATE INDEX named_contacts_by_address ON named_contacts (address);

-- People stay listed without roles.
CREATE INDEX role_grants_ever ON role_grants (address, licensing_id);
