-- Programs and their flags as revisions: the highest revision of a code holds. name is empty while the shipped name is used.
CREATE TABLE programs (
    code @text NOT NULL,
    revision @int NOT NULL,
    place @int NOT NULL, -- order in lists
    name @text NOT NULL,
    licensing_id_is @text NOT NULL, -- enrollment, public_customer_number, agreement, license, none
    master_above @bool NOT NULL,
    download_catalog @text NOT NULL, -- whole, purchased, not_shown
    keys_given @text NOT NULL, -- per_pool, per_pool_forecast, per_purchase, not_shown
    kms_host_key @text NOT NULL, -- yes, by_exception, none
    reservations @bool NOT NULL,
    visible_from @text NOT NULL, -- coverage_start, order_processed, not_shown
    web_support @bool NOT NULL, -- web problem-resolution support with Software Assurance
    managed_elsewhere @bool NOT NULL,
    recorded_at @int NOT NULL,
    PRIMARY KEY (code, revision)
) @strict;

INSERT INTO programs (code, revision, place, name, licensing_id_is, master_above, download_catalog, keys_given, kms_host_key, reservations, visible_from, web_support, managed_elsewhere, recorded_at) VALUES
    ('enterprise', 1, 1, '', 'enrollment', TRUE, 'whole', 'per_pool', 'yes', TRUE, 'coverage_start', TRUE, FALSE, 0),
    ('enterprise-subscription', 1, 2, '', 'enrollment', TRUE, 'whole', 'per_pool', 'yes', TRUE, 'coverage_start', TRUE, FALSE, 0),
    ('enterprise-government-partners', 1, 3, '', 'enrollment', TRUE, 'whole', 'per_pool', 'yes', TRUE, 'coverage_start', TRUE, FALSE, 0),
    ('select', 1, 4, '', 'enrollment', TRUE, 'whole', 'per_pool_forecast', 'yes', FALSE, 'coverage_start', TRUE, FALSE, 0),
    ('select-plus', 1, 5, '', 'public_customer_number', TRUE, 'whole', 'per_pool', 'yes', FALSE, 'coverage_start', TRUE, FALSE, 0),
    ('campus', 1, 6, '', 'enrollment', TRUE, 'whole', 'per_pool', 'yes', FALSE, 'coverage_start', FALSE, FALSE, 0),
    ('school', 1, 7, '', 'enrollment', TRUE, 'whole', 'per_pool', 'yes', FALSE, 'coverage_start', FALSE, FALSE, 0),
    ('open-value', 1, 8, '', 'agreement', FALSE, 'purchased', 'per_purchase', 'by_exception', FALSE, 'coverage_start', TRUE, FALSE, 0),
    ('open-value-subscription', 1, 9, '', 'agreement', FALSE, 'purchased', 'per_purchase', 'by_exception', FALSE, 'coverage_start', TRUE, FALSE, 0),
    ('open-license', 1, 10, '', 'license', FALSE, 'purchased', 'per_purchase', 'by_exception', FALSE, 'order_processed', FALSE, FALSE, 0),
    ('products-and-services', 1, 11, '', 'none', FALSE, 'not_shown', 'not_shown', 'none', FALSE, 'not_shown', FALSE, TRUE, 0);

-- Variants of a program: agreements of it whose organization is of the segment. Flags that differ from the program's stand here.
CREATE TABLE program_variants (
    program @text NOT NULL,
    code @text NOT NULL,
    revision @int NOT NULL,
    segment @text NOT NULL, -- commercial, government, education, charity
    web_support @bool NOT NULL,
    recorded_at @int NOT NULL,
    PRIMARY KEY (program, code, revision)
) @strict;

INSERT INTO program_variants (program, code, revision, segment, web_support, recorded_at) VALUES
    ('select', 'academic', 1, 'education', FALSE, 0),
    ('select-plus', 'academic', 1, 'education', FALSE, 0),
    ('open-value-subscription', 'education-solutions', 1, 'education', FALSE, 0),
    ('open-license', 'academic', 1, 'education', FALSE, 0),
    ('open-license', 'charity', 1, 'charity', FALSE, 0);

-- Master and parent agreements above Licensing IDs.
CREATE TABLE agreements (
    id @text PRIMARY KEY,
    level @text NOT NULL, -- parent, master
    number @text NOT NULL,
    program @text NOT NULL, -- empty above several programs
    organization_id @text,
    partner_id @text,
    master_id @text, -- of a parent
    agreement_number @text NOT NULL,
    enrollment_number @text NOT NULL,
    authorization_number @text NOT NULL,
    owner_id @text NOT NULL,
    start_on @text NOT NULL, -- empty when unknown
    end_on @text NOT NULL,
    version @int NOT NULL,
    created_at @int NOT NULL,
    changed_at @int NOT NULL,
    UNIQUE (level, number)
) @strict;
CREATE INDEX agreements_by_master ON agreements (master_id);

-- Licensing IDs: where orders are placed, rights computed and permissions granted. version is the row's ETag; rules over
-- several rows of a Licensing ID bump it first.
CREATE TABLE licensing_ids (
    id @text PRIMARY KEY,
    number @text NOT NULL UNIQUE,
    number_folded @text NOT NULL, -- lower case, for searching
    program @text NOT NULL,
    organization_id @text NOT NULL,
    partner_id @text,
    parent_id @text,
    master_id @text, -- named by itself; its parent's holds when empty
    predecessor_id @text, -- the Licensing ID that this one renews
    agreement_number @text NOT NULL, -- empty when the program has none
    enrollment_number @text NOT NULL,
    authorization_number @text NOT NULL,
    owner_id @text NOT NULL, -- identifier of the owning customer in the publisher's records
    start_on @text NOT NULL, -- empty when unknown
    end_on @text NOT NULL, -- last day; empty when open
    version @int NOT NULL,
    created_at @int NOT NULL,
    changed_at @int NOT NULL
) @strict;
CREATE INDEX licensing_ids_by_organization ON licensing_ids (organization_id);
CREATE INDEX licensing_ids_by_parent ON licensing_ids (parent_id);
CREATE INDEX licensing_ids_by_master ON licensing_ids (master_id);

-- What each revision of an agreement or Licensing ID said, as the import gave it.
CREATE TABLE agreement_revisions (
    subject_id @text NOT NULL, -- of agreements or licensing_ids
    revision @int NOT NULL,
    body @text NOT NULL,
    import_id @text NOT NULL,
    recorded_at @int NOT NULL,
    PRIMARY KEY (subject_id, revision)
) @strict;

-- Named contacts: a revision is all people of one type. The highest revision of (subject, type) holds.
CREATE TABLE contacts (
    subject_id @text NOT NULL, -- of agreements or licensing_ids
    type @text NOT NULL,
    revision @int NOT NULL,
    place @int NOT NULL,
    address @text NOT NULL,
    first_name @text NOT NULL,
    last_name @text NOT NULL,
    import_id @text NOT NULL,
    recorded_at @int NOT NULL,
    PRIMARY KEY (subject_id, type, revision, place)
) @strict;
