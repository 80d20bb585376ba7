// Package demo makes the world that `chiave serve --demo` shows: an invented publisher with its products, three customers, a
// partner, the people who sign in, and two months of work with product keys.
//
// Everything is made through the use cases of the rooms, by the people who would do it, so that the demo cannot show a state that the
// product would not reach. Only the clock is the demo's own: it stands two months back when the installation is made, goes
// forward while things happen, and ends at the present.
//
// Invariants: the installation is a sandbox in a temporary directory of its own; organizations and partners carry "(demo)" in their
// names, organizations' codes begin with DEMO-, and every address ends in .example (RFC 2606), so that no mail can reach anybody. Dates follow the day of the run: what is covered
// today is covered on every other day too, with the same quantities.
//
// The package holds no rules and knows no face.
package demo
