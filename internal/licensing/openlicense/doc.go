// Package openlicense is Add Open License: whoever knows the two numbers of an Open License gets a limited set of roles on it at once, its
// Administrators are told and can deny it. It gives the same set to the reseller, once the order is processed: the person whom the license names as
// Channel Partner Contact when order lines of it are published.
//
// It owns open_license_additions, open_license_failures and open_license_limits. The roles are rows of access.
//
// Invariants:
//   - Never Administrator: that is asked for in the room requests.
//   - Guessing learns nothing. Two numbers that do not belong together, one that nobody has, and a license that is suspended give the same
//     answer, by the same statements and with the same effect on the person's own limit. Mails go out by a job that follows every wrong pair.
//   - Tries are counted where they are taken: a try first bumps the row of the person and of each license that a number names. What leads to
//     a suspension is a number of wrong pairs in a row within a span of time, of one person or on one license. A right pair ends the row
//     only if it gives roles.
//   - A person's suspension ends after that span, a license's when one of its Administrators enables it again. Nobody else lifts either.
//   - A reseller gets the set once for a license, by a job that follows the publication of orders; later orders give nothing back.
//   - Whom an Administrator has denied a license does not get it by its numbers again; an Administrator can still give roles.
//
// Records name people by id and leave out what was typed.
//
// The package reads contacts and licensing_ids (agreements), order_lines (orders), users, user_addresses and invitations (accounts), and writes none of
// them. Who the Administrators are it tells nobody.
package openlicense
