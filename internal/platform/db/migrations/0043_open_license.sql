-- Who got the limited set of roles on an Open License without an Administrator's doing, and who has denied it.
CREATE TABLE open_license_additions (
    id @text PRIMARY KEY, -- the reference of the roles given
    licensing_id @text NOT NULL,
    user_id @text, -- who entered the numbers; none for a reseller named on the order
    address @text NOT NULL, -- normalised; got the roles
    added_at @int NOT NULL,
    denied_by @text,
    denied_at @int
) @strict;
CREATE INDEX open_license_additions_by_licensing_id ON open_license_additions (licensing_id, id);
CREATE INDEX open_license_additions_by_user ON open_license_additions (user_id);
CREATE INDEX open_license_additions_by_address ON open_license_additions (address, licensing_id);

-- Wrong pairs of numbers that still count, once for the person and once for each license that one of the numbers named.
CREATE TABLE open_license_failures (
    subject_id @text NOT NULL, -- of users or licensing_ids
    id @text NOT NULL,
    user_id @text NOT NULL,
    failed_at @int NOT NULL,
    PRIMARY KEY (subject_id, id)
) @strict;

-- The row that every try of a person, and on a license, bumps first, so that tries are counted one after the other.
CREATE TABLE open_license_limits (
    subject_id @text PRIMARY KEY, -- of users or licensing_ids
    version @int NOT NULL,
    suspended_at @int, -- a person's ends by itself, a license's when an Administrator enables it again
    failures @int NOT NULL -- that led to it
) @strict;
CREATE INDEX open_license_suspended ON open_license_limits (subject_id) WHERE suspended_at IS NOT NULL;

-- Numbers that people type, whatever the case.
CREATE INDEX licensing_ids_by_number_folded ON licensing_ids (number_folded);
CREATE INDEX licensing_ids_by_authorization ON licensing_ids (lower(authorization_number));
