package web_test

import (
	"net/http"
	"strings"
	"testing"

	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/web/webtest"
)

const lidWire = ids.Prefix("lid")

func keyPath(w *webtest.World, name string) string { return "/keys/" + keys.Wire.Wire(w.Keys[name]) }

func lidPath(w *webtest.World, number string) string { return "/licenses/" + lidWire.Wire(w.IDs[number]) }

// TestPagesShowWhatIsThere opens every page as the people who use it, in their language.
func TestPagesShowWhatIsThere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := webtest.New(t, d, webtest.Options{})
		for _, visit := range []struct {
			who, path string
			want      []string
			not       []string
		}{
			{webtest.Admin, "/", []string{"Ti diamo il benvenuto, Chiara", "Rossi Meccanica S.p.A.", "2 attivi", "Codici Product Key 1 senza attivazioni"}, nil},
			{webtest.Operator, "/", []string{"Welcome, Robin", "Invitations to release", "Import a file"}, []string{"Take a product key"}},
			{webtest.Nobody, "/", []string{"No permissions are associated with your account"}, []string{"Licensing IDs"}},
		} {
			p := w.As(t, visit.who).Get(visit.path)
			if p.Status != http.StatusOK {
				t.Errorf("%s opens %s: %d\n%s", visit.who, visit.path, p.Status, p.Text())
				continue
			}
			for _, want := range visit.want {
				if !strings.Contains(p.Text(), want) {
					t.Errorf("%s does not find %q on %s:\n%s", visit.who, want, visit.path, p.Text())
				}
			}
			for _, not := range visit.not {
				if strings.Contains(p.Text(), not) {
					t.Errorf("%s finds %q on %s", visit.who, not, visit.path)
				}
			}
		}
	})
}
