-- Product keys in custody. The text of a key is only in sealed; lookup finds it without opening it.
CREATE TABLE product_keys (
    id @text PRIMARY KEY,
    licensing_id @text NOT NULL,
    type @text NOT NULL, -- mak, kms_host, volume, setup, service
    origin @text NOT NULL, -- own: made here; foreign: custody, display and export only
    sealed @bytes NOT NULL,
    lookup @bytes NOT NULL, -- HMAC of the canonical text
    last_five @text NOT NULL,
    product_text @text NOT NULL DEFAULT '', -- product as the source of a foreign key names it
    activation_limit @int, -- none where the type has no count
    used @int NOT NULL DEFAULT 0,
    imported_used @int, -- as the source of a foreign key says
    imported_available @int,
    state @text NOT NULL, -- assigned, superseded
    superseded_at @int,
    version @int NOT NULL DEFAULT 1,
    created_at @int NOT NULL,
    CHECK (activation_limit IS NULL OR used <= activation_limit)
) @strict;
CREATE INDEX product_keys_by_licensing_id ON product_keys (licensing_id, id);
CREATE UNIQUE INDEX product_keys_own_text ON product_keys (lookup) WHERE origin = 'own';
CREATE UNIQUE INDEX product_keys_foreign_text ON product_keys (licensing_id, lookup) WHERE origin = 'foreign';
CREATE INDEX product_keys_by_text ON product_keys (lookup);

CREATE TABLE key_products (
    key_id @text NOT NULL,
    product @text NOT NULL,
    PRIMARY KEY (key_id, product)
) @strict;
