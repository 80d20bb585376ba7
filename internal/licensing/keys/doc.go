// Package keys keeps product keys: made here or brought in from elsewhere, sealed, shown masked, revealed and exported on the
// record.
//
// It owns the tables product_keys, key_products, staged_keys and activation_factors; the column used of a key is raised by the room
// activation.
//
// Invariants:
//   - The text of a key exists in the database only as ciphertext bound to its row, and is found only by a keyed hash. Lists, errors and
//     records carry its last five characters at most.
//   - A key's text leaves the room through Reveal and Export alone; both write their audit record in the transaction that decides, before
//     any text goes out.
//   - A key belongs to one Licensing ID and serves one or many products. Who sees it is decided there, on current data.
//   - A foreign key (brought in from another service center) is for custody, display and export; it activates nothing, and the use its
//     source reported stands in columns of its own. Foreign keys come and change by imports alone.
//   - The limit of a MAK never falls below what is used: the database refuses it.
//   - Keys of a program that is managed elsewhere are neither made nor shown; computers go on activating with them.
//
// The room does not know how computers are activated (activation) nor what was bought (entitlements).
package keys
