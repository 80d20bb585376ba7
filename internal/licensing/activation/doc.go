// Package activation activates computers with product keys and keeps what each key has activated.
//
// It owns the table activations and, of product_keys, the column used: the count and its rows are one fact.
//
// Promises:
//   - A key never activates more computers than its limit: the count is raised by one conditional UPDATE, and the row of the
//     computer, the audit record and the count commit together or not at all.
//   - The same computer (the same installation ID) is never counted twice by a key. Activating it again, after a lost answer
//     or a reinstallation, gives its confirmation again, writes nothing and works when no activation is left.
//   - An installation ID is made by one product for itself. With the code of another product it is refused, whatever the key serves:
//     no confirmation is ever for another product than the one asked for.
//   - Whoever holds a key may activate with it; the actor is the machine. A key that is unknown, foreign, superseded, of
//     another type or for another product activates nothing; attempts with a known key are on the record of its Licensing ID:
//     the first one for a reason at once, those of the minute after it as their number. Attempts with an unknown key are counted and
//     recorded together.
//   - The answer is a token (verify.Token) that the product checks offline with the center's public key alone.
//
// Requests that arrive together share one commit: while one is on its way to the disk the next ones gather. The room does not
// know how keys are made or shown (keys) nor what was bought (entitlements).
package activation
