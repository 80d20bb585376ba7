package keys

import (
	"slices"
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
	errUnknown  = errs.New(errs.NotFound, "keys.unknown")
	errStale    = errs.New(errs.Precondition, "keys.version")
	errTooSmall = errs.New(errs.Conflict, "keys.limit_below_used")
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
	Version      int64 // the row's ETag
}

// Available returns how many activations are left.
func (k Key) Available() int64 { return max(0, k.Limit-k.Used) }

// Masked returns the key as lists show it.
func (k Key) Masked() string {
	return "•••••-•••••-•••••-•••••-" + k.LastFive
}

// ProductLabel returns the names of the products that the key serves, or what its source called them.
func (k Key) ProductLabel() string {
	if k.ProductText != "" {
		return k.ProductText
	}
	label := ""
	for i, p := range k.Products {
		if i > 0 {
			label += ", "
		}
		label += p.Name
	}
	return label
}

// Generation asks for new keys.
type Generation struct {
	Licensing ids.ID
	Type      Type
	Products  []string // codes
	Limit     int64    // activations of a MAK or KMS host key; 0 for the other types
	Count     int      // how many keys; 1 when zero
}

// maxCount is how many keys one request makes at the most.
const maxCount = 1000

// check says what is wrong with the request. Errors: Invalid "keys.generation" with its fields.
func (g *Generation) check() error {
	var fields []errs.Field
	bad := func(pointer, code string) { fields = append(fields, errs.Field{Pointer: pointer, Code: code}) }
	counted := g.Type == MAK || g.Type == KMSHost
	if !slices.Contains(Types(), g.Type) {
		bad("/type", "keys.type_unknown")
	}
	if len(g.Products) == 0 {
		bad("/products", "keys.products_missing")
	}
	if counted && g.Limit <= 0 {
		bad("/limit", "keys.limit_missing")
	}
	if !counted && g.Limit != 0 {
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
	slices.Sort(g.Products)
	g.Products = slices.Compact(g.Products)
	return nil
}
