-- What this database is: one row.
CREATE TABLE installation (
    one @int PRIMARY KEY CHECK (one = 1),
    uuid @text NOT NULL,
    sandbox @bool NOT NULL,
    created_at @int NOT NULL,
    clock_offset @int NOT NULL -- microseconds the sandbox clock is ahead; 0 elsewhere
) @strict;

-- Requests of the idempotency class "key" that had their effect.
CREATE TABLE idempotency (
    principal @text NOT NULL,
    key @text NOT NULL,
    route @text NOT NULL,
    body_hash @text NOT NULL,
    object @text NOT NULL,
    created_at @int NOT NULL,
    PRIMARY KEY (principal, key)
) @strict;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Durable queue: work enqueued in the transaction that wants it done, and schedules (every is set), which stay for ever.
CREATE TABLE jobs (
    id @text PRIMARY KEY,
    kind @text NOT NULL,
    payload @text NOT NULL,
    every @int, -- microseconds between two runs of a schedule
    enqueued_at @int NOT NULL,
    due_at @int NOT NULL, -- not before this instant; while a runner holds the job, the end of its lease
    attempts @int NOT NULL,
    lease @text, -- names the claim that holds the job
    done_at @int,
    dead_at @int, -- given up
    last_error @text
) @strict;
CREATE INDEX jobs_due ON jobs (due_at, id) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX jobs_done ON jobs (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (dead_at) WHERE dead_at IS NOT NULL;

-- Secrets of the installation, sealed by the root key. Which key is in use follows from active_from alone.
CREATE TABLE sealed_keys (
    id @text PRIMARY KEY,
    purpose @text NOT NULL, -- wrap, lookup, signing, audit, cursor, link, or root_check, whose row holds a fingerprint
    sealed @bytes NOT NULL,
    public @bytes,
    created_at @int NOT NULL,
    active_from @int NOT NULL
) @strict;
CREATE INDEX sealed_keys_by_purpose ON sealed_keys (purpose, active_from);
