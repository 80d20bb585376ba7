-- The catalog as revisions: the highest revision of a key holds. Rows are added and never changed.
CREATE TABLE products (
    code @text NOT NULL,
    revision @int NOT NULL,
    name @text NOT NULL,
    family @text NOT NULL,
    pool @text NOT NULL, -- Applications, Systems, Servers
    class @text NOT NULL, -- client, server, office
    import_id @text NOT NULL,
    recorded_at @int NOT NULL,
    PRIMARY KEY (code, revision)
) @strict;

CREATE TABLE product_versions (
    product @text NOT NULL,
    name @text NOT NULL,
    revision @int NOT NULL,
    released_on @text NOT NULL,
    import_id @text NOT NULL,
    recorded_at @int NOT NULL,
    PRIMARY KEY (product, name, revision)
) @strict;

CREATE TABLE step_ups (
    from_product @text NOT NULL,
    to_product @text NOT NULL,
    import_id @text NOT NULL,
    recorded_at @int NOT NULL,
    PRIMARY KEY (from_product, to_product)
) @strict;

CREATE TABLE grant_offers (
    code @text NOT NULL,
    revision @int NOT NULL,
    granting @text NOT NULL,
    kinds @text NOT NULL, -- separated by commas
    from_on @text NOT NULL,
    to_on @text NOT NULL,
    granted @text NOT NULL,
    version @text NOT NULL,
    numerator @int NOT NULL,
    denominator @int NOT NULL,
    conditional @bool NOT NULL,
    import_id @text NOT NULL,
    recorded_at @int NOT NULL,
    PRIMARY KEY (code, revision)
) @strict;
