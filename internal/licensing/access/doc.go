// Package access decides who may do what on which Licensing ID.
//
// It owns the role rows (role_grants), the marks of contacts that gave their roles once (contact_grants), who is named as contact
// today (named_contacts, as agreements told, and whether the person declines to administer what is below), what
// Administrators call the people they added (person_names), the version
// of the set of roles of a Licensing ID (role_sets), and the matrix of roles, kinds of staff and actions.
//
// Every use case of every room runs inside Service.Read or Service.Write and asks the Gate it is given. The decision
// reads current rows in the transaction that reads or writes the data it guards; nothing is cached.
//
// Invariants:
//   - A use case that succeeds without an allowed decision fails with an internal error and leaves nothing behind.
//   - A user's rights are the union over the roles of the user's verified addresses. An API token narrows them.
//   - A user with any current role on a Licensing ID, and staff who may read customers, learn that it exists and are
//     Denied. To everybody else another customer's Licensing ID and one that does not exist are the same answer.
//   - A refusal of a signed-in actor is on record. Refusals of anonymous actors are counted and recorded once a minute
//     and process; a process that dies loses the counts of its last minute.
//   - A member of staff who reads a customer's data by right of being staff is on record before the data is handed out.
//   - A change by a person leaves every Licensing ID an Administrator who can sign in and whose role has no end (ADM-01).
//   - Contacts of parent and master agreements hold their roles below by a join, with no row for each (ADM-20).
//   - Of a person whose user belongs to another organization, Administrators see what they have entered themselves and nothing else.
//   - The roles of one Licensing ID change one change at a time: each first bumps its row of role_sets.
//
// The installation itself and its jobs pass every decision: they act on nobody's behalf, and no face ever makes such an
// actor from a request. A machine passes only Public: possession of a product key is judged by the room of keys.
//
// The package reads users, user_addresses, sessions and api_tokens (accounts), organizations, tenants, tenant_roles (tenants), licensing_ids, agreements, programs and product_keys, and writes none
// of them. It does not know sign-in or pages, and people's names only
// as Administrators see them.
package access
