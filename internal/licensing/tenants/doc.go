// Package tenants keeps what belongs to a tenant beside its name: who administers it, which domains are proven to be its own, and what its
// administrators decide about people who register under them.
//
// It owns tenant_settings, tenant_domains and tenant_roles. The tenant itself is a row of accounts.
//
// Invariants:
//   - A domain is verified by one tenant at most (ORG-05), by a TXT record in the DNS that only its owner can write. Others may name it too;
//     nothing follows from that.
//   - What is decided about a domain counts only while the domain is verified, and from the next request on (ERR-07).
//   - Roles in a tenant follow verified addresses, as those on Licensing IDs do, and neither gives the other (ORG-07).
//   - A tenant that has a Global Administrator keeps one. Staff name the first, and another only while nobody who can sign in is one.
//   - Changes of one tenant come one after the other: each first bumps its row of tenant_settings.
//
// Records name people by id only, and holders of roles by the id of their row.
//
// The room does not know registration: it answers what holds for an address. It asks the DNS through a Resolver, outside of any transaction.
package tenants
