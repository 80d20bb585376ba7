-- One row for each computer that a key has activated; the key's used is the number of its rows.
CREATE TABLE activations (
    licensing_id @text NOT NULL,
    key_id @text NOT NULL,
    installation_id @text NOT NULL, -- 128 bits, 32 hexadecimal digits, made by the product
    id @text NOT NULL UNIQUE,
    product @text NOT NULL,
    machine @text NOT NULL, -- the computer's name, as it gave it
    activated_at @int NOT NULL,
    PRIMARY KEY (licensing_id, key_id, installation_id)
) @strict;
CREATE INDEX activations_by_time ON activations (licensing_id, key_id, activated_at, id);
