package activation_test

import (
	"context"
	"fmt"
	"testing"

	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/keys/keystest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
	"chiave/verify"
)

const issuer = "urn:chiave:018f3c5e-7a90-7c11-9d4e-3b6f2a1c0d58"

// world is an installation with one customer, E-1, and a running service.
type world struct {
	*keystest.World
	*activation.Service
	licensing ids.ID
	trusted   verify.Keys
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{World: keystest.New(t, d)}
	w.licensing = w.Customer("Rossi S.p.A.", "E-1", "enterprise")
	w.Service = newService(t, w.World, 2)
	var public []activation.PublicKey
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		all, err := w.Sealer.PublicKeys(tx)
		for _, k := range all {
			public = append(public, activation.PublicKey{ID: string(k.ID), Key: k.Public})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	document, err := activation.JWKS(public)
	if err != nil {
		t.Fatal(err)
	}
	if w.trusted, err = verify.ParseKeys(document); err != nil {
		t.Fatal(err)
	}
	return w
}

// newService starts a service on the rooms that w stands on now.
func newService(t testing.TB, w *keystest.World, workers int) *activation.Service {
	t.Helper()
	sealer := w.Sealer
	s := activation.New(w.Access, sealer, func(tx *db.Tx) (activation.Signer, error) { return sealer.Signer(tx) }, issuer)
	signOnce(t, w)
	s.Start(workers)
	t.Cleanup(s.Stop)
	return s
}

// signOnce has the standard library prepare the signing key before several goroutines use it. The library guards that with a sync.Map,
// whose code the linker may take from a package that is built without the race detector: the SQLite driver.
func signOnce(t testing.TB, w *keystest.World) {
	t.Helper()
	err := w.DB.Read(context.Background(), func(tx *db.Tx) error {
		signer, err := w.Sealer.Signer(tx)
		if err == nil {
			_, err = signer.Sign(nil)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// installation returns the installation ID of computer n.
func installation(n int) string { return fmt.Sprintf("%032x", n) }

func (w *world) activate(code keys.Code, computer int, product string) (activation.Result, error) {
	return w.Activate(context.Background(), "req", activation.Request{Code: code, InstallationID: installation(computer), Product: product, Machine: fmt.Sprintf("PC-%d", computer)})
}

func (w *world) used(key ids.ID) int64 {
	return w.Count("SELECT used FROM product_keys WHERE id = $1", key)
}

func (w *world) rows(key ids.ID) int64 {
	return w.Count("SELECT count(*) FROM activations WHERE key_id = $1", key)
}

func (w *world) records(action string) int64 {
	return w.Count("SELECT count(*) FROM audit_records WHERE action = $1", action)
}
