-- Partners, by the code of the publisher's feeds. The row is what holds today; a change is on the record of its import.
CREATE TABLE partners (
    id @text PRIMARY KEY,
    code @text NOT NULL UNIQUE,
    name @text NOT NULL,
    version @int NOT NULL,
    created_at @int NOT NULL,
    changed_at @int NOT NULL
) @strict;

-- Every run of an import. Rows that carry the seq of a run are visible once the run is published, never before.
CREATE TABLE imports (
    id @text PRIMARY KEY,
    room @text NOT NULL, -- catalog, agreements, orders, keys
    seq @int NOT NULL, -- rises within a room, in the order of publication
    file @text NOT NULL,
    sha256 @text NOT NULL, -- of the whole file; empty while it is being read
    dry_run @bool NOT NULL,
    state @text NOT NULL, -- staging, published, abandoned
    rows_read @int NOT NULL,
    created @int NOT NULL,
    changed @int NOT NULL,
    unchanged @int NOT NULL,
    started_at @int NOT NULL,
    published_at @int,
    UNIQUE (room, seq)
) @strict;

-- One import of a room at a time, whichever server runs it: a lease that its owner renews with every batch.
CREATE TABLE import_leases (
    room @text PRIMARY KEY,
    import_id @text NOT NULL,
    until @int NOT NULL
) @strict;
