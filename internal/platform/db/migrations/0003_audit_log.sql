-- The transparency log over audit_records: a Merkle tree (RFC 6962, section 2.1) kept in tiles of up to 256 hashes of 32 bytes.
CREATE TABLE audit_hashes (
    level @int NOT NULL, -- 0: hashes of records, 1: of 256 records each, 2: of 65,536 each, and so on
    n @int NOT NULL, -- the tile's place in its level, counting from 0
    hashes @bytes NOT NULL,
    PRIMARY KEY (level, n)
) @strict;

-- The latest signed checkpoint: one row once anything is sealed.
CREATE TABLE audit_checkpoints (
    size @int PRIMARY KEY, -- how many records it covers
    checkpoint @text NOT NULL
) @strict;
