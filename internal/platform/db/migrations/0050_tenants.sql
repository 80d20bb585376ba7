-- What the administrators of a tenant decide. The tenant itself is in tenants.
CREATE TABLE tenant_settings (
    tenant_id @text PRIMARY KEY REFERENCES tenants (id),
    region @text NOT NULL, -- sales region
    self_service @bool NOT NULL, -- people of its domains may register by themselves
    version @int NOT NULL -- what every change of a tenant bumps first
) @strict;

-- Domains that a tenant says are its own. Verification proves it, to one tenant at a time.
CREATE TABLE tenant_domains (
    id @text PRIMARY KEY,
    tenant_id @text NOT NULL REFERENCES tenants (id),
    domain @text NOT NULL, -- normalised
    token @text NOT NULL, -- what the TXT record has to say; no secret
    added_at @int NOT NULL,
    verified_at @int,
    restricted @bool NOT NULL, -- for automatic sign-up
    managed @bool NOT NULL -- by the organization's directory, which alone makes accounts
) @strict;
CREATE UNIQUE INDEX tenant_domains_once ON tenant_domains (tenant_id, domain);
CREATE UNIQUE INDEX tenant_domains_verified ON tenant_domains (domain) WHERE verified_at IS NOT NULL;

-- Who administers a tenant: one row gives one role to one address.
CREATE TABLE tenant_roles (
    id @text PRIMARY KEY,
    tenant_id @text NOT NULL REFERENCES tenants (id),
    address @text NOT NULL, -- normalised
    role @text NOT NULL,
    given_at @int NOT NULL,
    given_by @text NOT NULL, -- the user, or '' for the installation itself
    ended_at @int
) @strict;
CREATE UNIQUE INDEX tenant_roles_now ON tenant_roles (tenant_id, address, role) WHERE ended_at IS NULL;
CREATE INDEX tenant_roles_by_address ON tenant_roles (address) WHERE ended_at IS NULL;
