-- How many activations a MAK gets per license, by program: the highest revision holds. A program without a row has the default.
CREATE TABLE activation_factors (
    program @text NOT NULL,
    revision @int NOT NULL,
    thousandths @int NOT NULL, -- 1500: one and a half activations per license
    recorded_at @int NOT NULL,
    PRIMARY KEY (program, revision)
) @strict;

-- Names the keys that were made together.
ALTER TABLE product_keys ADD COLUMN batch_id @text;

-- Other service centers list a key once for each product that it serves: each of these rows is kept.
DROP INDEX product_keys_foreign_text;
CREATE UNIQUE INDEX product_keys_foreign_text ON product_keys (licensing_id, lookup, product_text) WHERE origin = 'foreign';

-- Foreign keys on their way in; nobody sees them before their import is published.
CREATE TABLE staged_keys (
    import @int NOT NULL, -- seq of the import
    id @text NOT NULL, -- of the key
    changes @bool NOT NULL, -- the key is in custody already: its type and counts become these
    licensing_id @text NOT NULL,
    type @text NOT NULL,
    sealed @bytes NOT NULL,
    lookup @bytes NOT NULL,
    last_five @text NOT NULL,
    product_text @text NOT NULL,
    imported_used @int,
    imported_available @int,
    PRIMARY KEY (import, id)
) @strict;

-- Leading with the key alone, so that no planner takes it for the look-up of one computer, which is the primary key's.
DROP INDEX activations_by_time;
CREATE INDEX activations_by_time ON activations (key_id, activated_at, id);
