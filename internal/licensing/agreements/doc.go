// Package agreements keeps what was agreed: programs with their flags, master and parent agreements, Licensing IDs and the
// contacts they name.
//
// It owns programs, program_variants, agreements, licensing_ids, agreement_revisions and contacts. A row of licensing_ids
// or agreements is what holds today; agreement_revisions keeps what each import said, and contacts are revisions.
//
// Invariants:
//   - The number of a Licensing ID is one Licensing ID's for ever, and so is the number of a parent or master agreement
//     within its level. References are by number, in the file or among what is stored.
//   - A Licensing ID stands below at most one parent and one master agreement; its parent's master is its own. Programs
//     without a master agreement have none above them (PROG-03). No Licensing ID renews itself, by however many steps.
//   - A contact of a Licensing ID gives its roles when it is first named (CONT-10) and never again; whoever gets a role so
//     and is not known yet is invited. Contacts of parents and masters give none. That happens after the publication, a few
//     contacts at a time, so that nobody waits for a large import; who has not been greeted is known from what access was told.
//   - Agreements of a program that is managed elsewhere are kept and never shown (PROG-08, REL-11).
//
// What a changed row does: dates, numbers, partner, parent, master and predecessor become a new revision. The program and
// the organization of a Licensing ID are refused: another program is another Licensing ID (PROG-15), and a new owner comes
// by transfer, with its proofs. Contacts are judged by type: the people that a row names for a type replace those it had;
// a type that the row does not name, and a row without contacts, leave them as they are. What a file leaves out
// otherwise is absent: the row says all about its agreement. Absent rows change nothing.
//
// Which variant of a program an agreement falls in follows from its organization's segment.
//
// The room does not know orders, rights, keys or files of another format.
package agreements
