-- Customer organizations (ORG-01).
CREATE TABLE organizations (
    id @text PRIMARY KEY,
    code @text NOT NULL UNIQUE, -- the publisher's own number of the organization
    legal_name @text NOT NULL,
    country @text NOT NULL, -- ISO 3166-1 alpha-2; fixed once recorded
    time_zone @text NOT NULL, -- IANA name: what "today" means for its Licensing IDs
    segment @text NOT NULL,
    recorded_at @int NOT NULL,
    version @int NOT NULL
) @strict;

-- Tenants (ORG-03). A domain belongs to one tenant only (ORG-05).
CREATE TABLE tenants (
    id @text PRIMARY KEY,
    guid @text NOT NULL UNIQUE,
    organization_id @text NOT NULL REFERENCES organizations (id),
    name @text NOT NULL,
    primary_domain @text NOT NULL UNIQUE,
    recorded_at @int NOT NULL
) @strict;
CREATE INDEX tenants_by_organization ON tenants (organization_id);

-- People. staff is the kind of staff of the publisher, '' for everybody else.
CREATE TABLE users (
    id @text PRIMARY KEY,
    first_name @text NOT NULL,
    last_name @text NOT NULL,
    language @text NOT NULL,
    staff @text NOT NULL,
    organization_id @text REFERENCES organizations (id),
    created_at @int NOT NULL,
    disabled_at @int
) @strict;

-- Addresses that people own. Rights follow the verified ones.
CREATE TABLE user_addresses (
    address @text PRIMARY KEY, -- normalised
    user_id @text NOT NULL REFERENCES users (id),
    verified_at @int
) @strict;
CREATE INDEX user_addresses_by_user ON user_addresses (user_id);

-- Passwords, as the text of their hash with its parameters.
CREATE TABLE credentials (
    user_id @text PRIMARY KEY REFERENCES users (id),
    password @text NOT NULL,
    changed_at @int NOT NULL
) @strict;

CREATE TABLE sessions (
    id @text PRIMARY KEY,
    token_hash @bytes NOT NULL UNIQUE, -- SHA-256
    user_id @text NOT NULL REFERENCES users (id),
    created_at @int NOT NULL,
    used_at @int NOT NULL, -- last use, to the minute
    ended_at @int
) @strict;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_age ON sessions (created_at);

CREATE TABLE api_tokens (
    id @text PRIMARY KEY,
    token_hash @bytes NOT NULL UNIQUE, -- SHA-256
    user_id @text NOT NULL REFERENCES users (id),
    name @text NOT NULL,
    scopes @text NOT NULL, -- actions, separated by spaces; * is everything
    created_at @int NOT NULL,
    expires_at @int NOT NULL,
    used_at @int, -- last use, to the minute
    revoked_at @int
) @strict;
CREATE INDEX api_tokens_by_user ON api_tokens (user_id, id);

-- Invitations wait until an operator releases them; then their link is in the mail, and its hash here.
CREATE TABLE invitations (
    id @text PRIMARY KEY,
    address @text NOT NULL, -- normalised
    first_name @text NOT NULL,
    last_name @text NOT NULL,
    language @text NOT NULL,
    organization_id @text REFERENCES organizations (id),
    user_id @text REFERENCES users (id), -- who is to be: known beforehand for an operator, set when it is accepted otherwise
    reason @text NOT NULL,
    queued_at @int NOT NULL,
    released_at @int,
    token_hash @bytes UNIQUE, -- SHA-256; none until it is released
    expires_at @int,
    accepted_at @int
) @strict;
CREATE UNIQUE INDEX invitations_open ON invitations (address) WHERE accepted_at IS NULL;
CREATE INDEX invitations_queued ON invitations (id) WHERE released_at IS NULL;

-- Attempts to sign in, by subject: the hash of an address, or all of them together.
CREATE TABLE signin_failures (
    subject @text PRIMARY KEY,
    window_start @int NOT NULL,
    attempts @int NOT NULL
) @strict;
CREATE INDEX signin_failures_by_age ON signin_failures (window_start);
