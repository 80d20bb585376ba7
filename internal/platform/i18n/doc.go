// Package i18n holds every sentence that a person reads, in English and in Italian, and prints dates and numbers the
// way the reader's language writes them.
//
// A subject has one file per language, locales/en/<subject>.json and locales/it/<subject>.json; its entries are named
// there without the subject, and used as "<subject>.<name>":
//
//	{"title": "Orders", "lines": {"one": "{n} line", "other": "{n} lines"}, "late": "Late since {date}"}
//
// A sentence has named parameters in braces; {portal} is always there and carries the portal's name. An entry with
// one and other is a plural: it is printed by Printer.N, which adds the parameter {n}. Sentences are plain text; the
// page that shows them escapes them.
//
// Invariants, all checked by Load: both languages have the same subjects and keys; no text is empty; an entry is a
// plural in both languages or in none; its parameters are the same in both. A test in this package reads the whole
// module and fails on a key that is used and missing, and on one that is there and never used.
//
// The package does not know who the reader is, nor HTTP: a face asks Negotiate with what it found.
package i18n
