// Package entitlements owns the License Summary: what an organization may use, per product and version,
// computed from the catalog and the order lines as of one calendar day. It is pure: the same input gives
// the same numbers, nothing is read, stored or logged. Only the standard library is imported.
//
// # Words
//
// A lot is a quantity of one product that shares one history: its version, the day its base version took
// hold and its coverages. Order lines are events in a fixed order; an event takes parts of lots and
// changes them. What an event cannot place is unresolved. A coverage is closed: it includes both its days.
//
// # Explanations
//
// Every number of a row opens to an Explanation. Its Parts add up to the number exactly:
//
//   - Effective: the lines that hold the quantity here. A license counts as its own order line (role
//     base), a stepped-up license as the step-up line that brought it into the product (role step-up),
//     a subscription as its line, a grant as the line that earned it, with the offer's code.
//   - Active SA: the lines whose coverage includes the day (role coverage).
//   - Unresolved: the lines that found too few candidates (role unresolved).
//
// Because accompanies an Effective number and does not add to it: the upgrade or coverage lines that
// lifted licenses to the version of the row, and the license lines that step-up lines took. Licenses that
// no rule tells apart are interchangeable: when an event takes some of them, the smaller line ids go
// first, separately for each list, so that each list keeps adding up. Splitting a line, or renaming it,
// may change which line a part names and never a number of a row that is not a grant.
//
// # Invariants
//
//   - The quantities of all lots and of the subscriptions that include the day add up to the settled
//     quantities of L, LSA and SUB lines; a step-up moves quantity, it makes none.
//   - The coverages of a lot never share a day.
//   - A line effective after the day asked for changes nothing, not even if it is broken.
//
// # Cost
//
// Lots alike in all that later events can see are one lot, found in a balanced tree; the lines behind a lot are
// kept in tries that are cut and joined without touching each line. A coverage event finds its first
// candidate in logarithmic time. The one exception: lots with a lapse between two coverages that ends
// after the new coverage are looked at one by one, which only orders with coverages away from their
// order date can bring about. An event costs a logarithm for each lot that it takes from.
//
// # What it does not know
//
// Who may see a Licensing ID, which program shows its lines on order (the caller says so on each line),
// revisions of facts, the language of a sentence, and where lines are kept. The caller passes exactly the
// lines of the Licensing IDs asked about; line ids are unique among them.
package entitlements
