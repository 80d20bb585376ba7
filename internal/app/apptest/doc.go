// Package apptest gives tests a whole installation: the program's own wiring on a database of dbtest, filled through its services with a
// publisher, two customers and their people, and served over HTTP.
//
// It does not decide anything and keeps nothing between tests. The clock of a world starts at Start and moves by itself, as the
// sandbox's does; tests move it further with the route for it.
package apptest
