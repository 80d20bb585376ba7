package keys

import (
	"slices"
	"strings"
	"time"

	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Wire is the prefix of key ids.
const Wire = ids.Prefix("key")

// Type is what a key is for.
type Type string

// The types of keys.
const (
	MAK        Type = "mak"      // multiple activation key: a finite number of computers
	KMSHost    Type = "kms_host" // activates hosts inside the customer's network
	Volume     Type = "volume"   // volume license key without activation
	Setup      Type = "setup"    // unlocks without activation
	Redemption Type = "service"  // single-use redemption key of a subscription
)

// Types returns the types in the order of menus.
func Types() []Type { return []Type{MAK, KMSHost, Volume, Setup, Redemption} }

// Where a key comes from.
const (
	Own     = "own"
	Foreign = "foreign"
)

// The states of a key.
const (
	Assigned   = "assigned"
	Superseded = "superseded"
)

// The refusals.
var (
	errCursor     = errs.New(errs.Invalid, "request.cursor")
	errUnknown    = errs.New(errs.NotFound, "keys.unknown")
	errStale      = errs.New(errs.Precondition, "keys.version")
	errTooLarge   = errs.New(errs.Invalid, "keys.limit_missing")
	errTooSmall   = errs.New(errs.Conflict, "keys.limit_below_used")
	errUncounted  = errs.New(errs.Conflict, "keys.limit_unused")
	errSuperseded = errs.New(errs.Conflict, "keys.superseded")
	errForeign    = errs.New(errs.Conflict, "keys.foreign")
)

// Product is a product that a key serves.
type Product struct {
	Code string
	Name string
}

// Key is a product key in custody, without its text.
type Key struct {
	ID           ids.ID
	Licensing    ids.ID
	Number       string // Licensing ID
	Program      string // code of its program
	Organization string // legal name
	Products     []Product
	ProductText  string // a foreign key's product in its source's words; "" for own keys
	Type         Type
	Origin       string
	LastFive     string
	Limit        int64 // activations in all; meaningful when Counted
	Used         int64
	Counted      bool // the key has a limited number of activations
	State        string
	SupersededAt time.Time
	CreatedAt    time.Time

	// Version rises with every change by staff and every import. An activation does not raise it: a key in heavy use could never be
	// changed otherwise.
	Version int64
}

// Available returns how many activations are left; a key that was superseded has none.
func (k Key) Available() int64 {
	if k.State == Superseded {
		return 0
	}
	return max(0, k.Limit-k.Used)
}

// Masked returns the key as lists show it.
func (k Key) Masked() string {
	return "•••••-•••••-•••••-•••••-" + k.LastFive
}

// ProductLabel returns the names of the products that the key serves, or what its source called them.
func (k Key) ProductLabel() string {
	if k.ProductText != "" {
		return k.ProductText
	}
	names := make([]string, len(k.Products))
	for i, p := range k.Products {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// Generation asks for new keys.
type Generation struct {
	Licensing ids.ID
	Type      Type
	Products  []string // codes
	Limit     int64    // activations of a MAK or KMS host key, 0 for the other types; 0 for a MAK: as many as its licenses give
	Count     int      // how many keys; 1 when zero
}

const (
	maxCount = 1000          // keys that one request makes at the most
	maxLimit = 1_000_000_000 // activations that a key has at the most
)

// check says what is wrong with the request as such, and puts it in order. Errors: Invalid "keys.generation" with its fields.
func (g *Generation) check() error {
	var fields []errs.Field
	bad := func(pointer, code string) { fields = append(fields, errs.Field{Pointer: pointer, Code: code}) }
	if !slices.Contains(Types(), g.Type) {
		bad("/type", "keys.type_unknown")
	}
	if len(g.Products) == 0 {
		bad("/products", "keys.products_missing")
	}
	switch {
	case g.Limit < 0 || g.Limit > maxLimit, g.Type == KMSHost && g.Limit == 0:
		bad("/limit", "keys.limit_missing")
	case g.Limit > 0 && g.Type != MAK && g.Type != KMSHost:
		bad("/limit", "keys.limit_unused")
	}
	if g.Count == 0 {
		g.Count = 1
	}
	if g.Count < 0 || g.Count > maxCount {
		bad("/count", "keys.count")
	}
	if len(fields) > 0 {
		return errs.New(errs.Invalid, "keys.generation").With(fields...)
	}
	g.Products = slices.Compact(slices.Sorted(slices.Values(g.Products)))
	return nil
}

// refuse names the one field of a generation that is wrong.
func refuse(pointer, code string, params errs.Params) error {
	return errs.New(errs.Invalid, "keys.generation").With(errs.Field{Pointer: pointer, Code: code, Params: params})
}
