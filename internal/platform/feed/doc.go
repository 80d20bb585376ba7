// Package feed reads the files by which a publisher's data comes in, and keeps the runs that bring it.
//
// Reading. A Document is JSON in which every value knows its line and column; a Table is text with a header, separated
// by ";", "," or tabs. Both are UTF-8 with an optional byte order mark, both name what they do not know instead of
// dropping it: unknown and repeated members, unknown, repeated and missing columns, values of a wrong type. Whatever is
// wrong in the file becomes a RowError with its place and a stable code; an error value is for what has no place in the
// file (it is too large, or cannot be read). Columns of both are counted in characters, from 1.
//
// Texts are trimmed; an empty text and a JSON null are absent. Control characters are refused, since no name or number
// has one and a database may cut a text there; so is what cannot be seen, since two numbers that look the same have to be the same.
//
// Runs. A Run is one import of one room: at most one of a room at a time, whichever server it runs on. What a run
// brings is invisible until the transaction that publishes it; a run that ends without that leaves nothing to see.
//
// The package knows no room, no field and no language; it does not decide who may import.
package feed
