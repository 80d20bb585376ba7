// Command mutants removes every authorization call of the business, one at a time, and looks whether a test notices (scripts/matrix --mutants).
//
// The calls are found in the syntax tree of internal/licensing: those of the Gate's methods On, Scope, Staff, SignedIn and Delegable, and the
// conditions that a Scope makes. Each is replaced, in a copy, by one that allows everything when the environment names its number. So the
// tests are built once, with an overlay of the go command, and run once for each number; the sources stay as they are.
//
// What it cannot remove (a method kept as a value, a Gate under a type of another name) it reports, and fails.
package main
