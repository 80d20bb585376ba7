// Package archtest holds the shape of the house as tests: who may import whom, and what the sources may not contain.
//
// Every rule is a row of a table with its reason, and the reason is printed when the rule is broken. Whoever has a good
// cause to break one adds a line to the list of exceptions with the cause in it; a line that is no longer needed fails too.
// Each rule is also tried on a planted violation, so that a rule that catches nothing does not stay unnoticed.
//
// The package reads the output of "go list" and "git ls-files" and knows nothing about what the packages do.
package archtest
