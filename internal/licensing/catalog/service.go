package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

const room = "catalog"

// Service is the catalog. It is safe for concurrent use.
type Service struct {
	db     *db.DB
	access *access.Service
}

// New returns the service.
func New(d *db.DB, who *access.Service) *Service { return &Service{db: d, access: who} }

// Current returns the catalog that holds now, checked and indexed for entitlements.
func (s *Service) Current(tx *db.Tx) (*entitlements.Catalog, error) {
	stored, err := load(tx)
	if err != nil {
		return nil, err
	}
	return stored.catalog()
}

// ProductTx returns a product by its code. Errors: NotFound "catalog.product_unknown".
func (s *Service) ProductTx(tx *db.Tx, code string) (Product, error) {
	stored, err := load(tx)
	if err != nil {
		return Product{}, err
	}
	p := stored.products[code]
	if p == nil {
		return Product{}, errs.New(errs.NotFound, "catalog.product_unknown", errs.Params{"value": code})
	}
	return *p, nil
}

// Products lists the catalog by pool, family and code, for anybody who is signed in. Errors: those of Gate.SignedIn.
func (s *Service) Products(ctx context.Context, actor audit.Actor) ([]Product, error) {
	var all []Product
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		stored, err := load(tx)
		if err != nil {
			return err
		}
		all = make([]Product, 0, len(stored.products))
		for _, p := range stored.products {
			all = append(all, *p)
		}
		slices.SortFunc(all, func(a, b Product) int {
			return cmp.Or(cmp.Compare(a.Pool, b.Pool), strings.Compare(a.Family, b.Family), strings.Compare(a.Code, b.Code))
		})
		return nil
	})
	return all, err
}
