// Package orders takes order lines in and hands them to whoever counts them.
//
// It owns order_lines: revisions of lines, of which the highest published one holds. The revision is the seq of the run
// that brought it; a row becomes visible when its run is published, all rows of a run at once.
//
// Invariants:
//   - A line id names one line for ever, in one Licensing ID at a time.
//   - Every visible line has passed entitlements.CheckLine, returns included: what is returned of a line is never more
//     than the line, whatever the order in which lines and returns came.
//   - An import is all or nothing, and large ones keep nobody waiting: rows are read as a stream, staged in batches of a
//     thousand, judged, and published by one short transaction with one audit record.
//
// What a changed row does: every field of a line may change, its Licensing ID too (it leaves a withdrawn revision behind),
// and becomes a new revision. Refused is a change that returns of the line would not survive. Summaries of all days follow
// the revision that holds now: what was recorded wrong was always wrong. The revision's recorded time is the publication of
// its import, its effective time is in the line. Lines of any age are taken (ORD-12). Lines of programs that are managed
// elsewhere are kept and never shown.
//
// The room does not know how rights are computed, nor what an order costs.
package orders
