// Package accesstest is the authorization matrix: it walks every route that a face has × every principal × every relation that a Licensing
// ID can have to the principal, and compares what is answered with docs/access-matrix.csv.
//
// What is expected is written from the requirements, by action, and never from the program. A face brings its routes, each with a request
// that is right in itself (Case); everything else is here: the people, the Licensing IDs, what is planted in them to be found where it must
// not be seen, and the judgement.
//
// The package knows the faces by their requests and answers alone. It decides nothing for the program, which does not link it.
package accesstest
