// Package catalog keeps what the publisher sells: products with their versions, step-up paths and grant offers.
//
// It owns products, product_versions, step_ups and grant_offers, all of them append-only revisions: the highest revision
// of a key holds, and nothing is ever taken back by its absence from a file.
//
// Invariants: what is stored is at any time a catalog that entitlements.NewCatalog accepts. An import is judged together
// with what is stored, whole, and published in one transaction.
//
// What a changed row does: a product's name, family, pool or class, a version's release date and every part of an offer
// become a new revision; codes and version names are identities and cannot change. Summaries of all days follow the
// revision that holds now, since a release date that was wrong was always wrong.
//
// The room does not know agreements, orders or keys, nor who buys what.
package catalog
