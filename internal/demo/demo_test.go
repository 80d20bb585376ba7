package demo

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chiave/internal/app"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
)

// each makes the demo on both engines and hands it to test.
func each(t *testing.T, test func(t *testing.T, d demo)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			cfg, cleanup, err := Config(defaults(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(cleanup)
			if engine == db.Postgres {
				cfg.Database, cfg.RootKeyFile = dbtest.Empty(t, engine), filepath.Join(t.TempDir(), "root.key")
				if err := found(context.Background(), cfg); err != nil {
					t.Fatal(err)
				}
			}
			test(t, begin(t, cfg))
		})
	}
}

func defaults(t *testing.T) config.Config {
	t.Helper()
	base, err := config.Load(config.Sources{Flags: map[string]string{"smtp_host": "mail.example"}})
	if err != nil {
		t.Fatal(err)
	}
	return base
}

// demo is a demo that is made.
type demo struct {
	*app.App
	people []SignIn
	began  time.Time // by the clock of the machine
}

func begin(t *testing.T, cfg config.Config) demo {
	t.Helper()
	ctx := context.Background()
	began := time.Now()
	a, err := app.Open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a.Activation.Start(1)
	t.Cleanup(func() {
		a.Activation.Stop()
		a.Close()
	})
	people, err := Make(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return demo{a, people, began}
}

// as signs somebody of the demo in.
func (d demo) as(t *testing.T, role string) audit.Actor {
	t.Helper()
	for _, p := range d.people {
		if p.Role == role {
			_, session, err := d.Accounts.SignIn(context.Background(), "test", loopback, p.Address, p.Password)
			if err != nil {
				t.Fatalf("%s cannot sign in: %v", p.Address, err)
			}
			return session.Actor
		}
	}
	t.Fatalf("nobody is %s", role)
	return audit.Actor{}
}

// texts returns the values of one text column.
func (d demo) texts(t *testing.T, query string) (all []string) {
	t.Helper()
	err := d.DB.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Each(query, nil, func(scan func(...any) error) error {
			var text string
			err := scan(&text)
			all = append(all, text)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestWorld makes the demo once on each engine and looks at it from all sides.
func TestWorld(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d demo) {
		t.Run("people", func(t *testing.T) { d.testPeople(t) })
		t.Run("summary", func(t *testing.T) { d.testSummary(t) })
		t.Run("keys", func(t *testing.T) { d.testKeys(t) })
		t.Run("marks", func(t *testing.T) { d.testMarks(t) })
		t.Run("record", func(t *testing.T) { d.testRecord(t) })
		t.Run("clock", func(t *testing.T) { d.testClock(t) })
	})
}

func (d demo) testPeople(t *testing.T) {
	see := map[string]int{"demo.customer_administrator": 3, "demo.key_viewer": 2, "demo.other_administrator": 2}
	for _, p := range d.people {
		actor := d.as(t, p.Role)
		err := d.Access.Read(context.Background(), actor, func(_ *db.Tx, g *access.Gate) error {
			if want, customer := see[p.Role]; customer {
				scope, err := g.Scope(access.ViewKeys)
				if err == nil && (scope.All || len(scope.IDs) != want) {
					t.Errorf("%s sees keys of %d Licensing IDs, want %d", p.Role, len(scope.IDs), want)
				}
				return err
			}
			return g.Staff(access.Import)
		})
		if err != nil {
			t.Errorf("%s: %v", p.Role, err)
		}
	}
}

// testSummary compares with what was worked out by hand; see feeds_test.go.
func (d demo) testSummary(t *testing.T) {
	giulia := d.as(t, "demo.customer_administrator")
	summary, err := d.Reports.LicenseSummary(context.Background(), giulia, reports.Question{})
	if err != nil {
		t.Fatal(err)
	}
	_, versions := readCatalog(t, d.began)
	var rows []entitlements.Row
	for _, r := range summary.Rows {
		rows = append(rows, r.Row)
	}
	if got, want := strings.Join(gotRows(rows), "\n"), strings.Join(wantRows(versions), "\n"); got != want {
		t.Errorf("all Licensing IDs:\n%s\nwant\n%s", got, want)
	}
	// Without the Licensing IDs of the past, the renewals find no bases.
	summary, err = d.Reports.LicenseSummary(context.Background(), giulia, reports.Question{Numbers: []string{"E-5561048"}})
	if err != nil {
		t.Fatal(err)
	}
	unresolved := map[string]int64{}
	for _, r := range summary.Rows {
		unresolved[r.Product] += r.Unresolved
	}
	// Step-ups of Desktop (90) and Server (4) find no covered base either and are missing in the target.
	want := map[string]int64{"NIB-STD": 100, "NIB-PRO": 130, "TEL-DRW": 12, "ALB-PRO": 250, "ALB-ENT": 90, "COR-STD": 14, "COR-DC": 4, "COR-CAL": 300}
	for product, n := range want {
		if unresolved[product] != n {
			t.Errorf("%s: %d unresolved in the current enrollment alone, want %d", product, unresolved[product], n)
		}
	}
}

func (d demo) testKeys(t *testing.T) {
	ctx := context.Background()
	list, _, err := d.Keys.Stock(ctx, d.as(t, "demo.operator"), keys.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var used, foreign, superseded int64
	full, nearly := false, false
	for _, k := range list {
		switch {
		case k.Origin == keys.Foreign:
			foreign++
		case k.Counted && k.Type == keys.MAK:
			used += k.Used
			full = full || k.Available() == 0 && k.State == keys.Assigned
			// 60 licenses of Standard and Professional in the current enrollment, one and a half activations each.
			nearly = nearly || k.Limit == 90 && k.Used == 84
		}
		if k.State == keys.Superseded {
			superseded++
		}
	}
	if used != 300 || foreign != 3 || superseded != 1 || !full || !nearly {
		t.Errorf("%d activations, %d foreign keys, %d superseded, one exhausted: %t, one nearly: %t", used, foreign, superseded, full, nearly)
	}
	luca := d.as(t, "demo.key_viewer")
	days := map[string]bool{}
	for _, k := range list {
		if k.Number != "E-5561048" || k.Origin == keys.Foreign {
			continue
		}
		machines, _, err := d.Activation.OfKey(ctx, luca, k.ID, activation.Page{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range machines {
			days[m.At.Format(time.DateOnly)] = true
			if m.Machine == "" || m.At.After(time.Now()) {
				t.Errorf("activation %+v has no name, or is of the future", m)
			}
		}
	}
	if len(days) < 30 {
		t.Errorf("all activations are of %d days", len(days))
	}
}

// testMarks: nobody can take the demo for the real thing, and no mail can leave it.
func (d demo) testMarks(t *testing.T) {
	if !d.Install.Sandbox || d.Config.SMTP.Host != "" || !strings.Contains(d.Config.PortalName, "(demo)") || !strings.Contains(d.Config.PublisherName, "(demo)") {
		t.Errorf("the installation is not marked: sandbox %t, mail by %q, portal %q, publisher %q", d.Install.Sandbox, d.Config.SMTP.Host, d.Config.PortalName, d.Config.PublisherName)
	}
	for _, marked := range []struct{ query, suffix string }{
		{"SELECT legal_name FROM organizations", " (demo)"}, {"SELECT name FROM tenants", " (demo)"}, {"SELECT name FROM partners", " (demo)"},
		{"SELECT primary_domain FROM tenants", ".example"}, {"SELECT address FROM user_addresses", ".example"}, {"SELECT address FROM contacts", ".example"},
		{"SELECT address FROM invitations", ".example"}, {"SELECT address FROM role_grants", ".example"},
	} {
		all := d.texts(t, marked.query)
		if len(all) == 0 {
			t.Errorf("%s finds nothing", marked.query)
		}
		for _, text := range all {
			if !strings.HasSuffix(text, marked.suffix) {
				t.Errorf("%s: %q does not end in %q", marked.query, text, marked.suffix)
			}
		}
	}
}

func (d demo) testRecord(t *testing.T) {
	happened := map[string]int{}
	for _, action := range d.texts(t, "SELECT action FROM audit_records") {
		happened[action]++
	}
	for action, least := range map[string]int{"imports.published": 5, "users.registered": 4, "keys.revealed": 8, "keys.copied": 1, "keys.exported": 1,
		"keys.superseded": 1, "activation.activated": 300, "activation.refused": 1, "roles.assigned": 2} {
		if happened[action] < least {
			t.Errorf("%d records of %s, want %d at least", happened[action], action, least)
		}
	}
	found, err := d.AuditLog.Verify(context.Background(), nil, nil)
	if err != nil || len(found.Faults) > 0 {
		t.Errorf("the audit log does not verify: %+v, %v", found, err)
	}
}

// testClock: the demo's past ends at the present.
func (d demo) testClock(t *testing.T) {
	err := d.DB.Read(context.Background(), func(tx *db.Tx) error {
		if off := time.Since(tx.Now()).Abs(); off > 5*time.Second {
			t.Errorf("the demo's clock is off by %s", off)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRun starts the demo as `chiave serve --demo` does, ends it, and finds nothing left.
func TestRun(t *testing.T) {
	t.Parallel()
	base := defaults(t)
	base.Listen, base.BaseURL = "127.0.0.1:0", "http://localhost:0"
	cfg, cleanup, err := Config(base)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var people []SignIn
	var took time.Duration
	err = app.Run(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), app.RunOptions{
		Before: func(ctx context.Context, a *app.App) (err error) {
			began := time.Now()
			people, err = Make(ctx, a)
			took = time.Since(began)
			return err
		},
		Ready: func(string) { cancel() },
	})
	if err != nil || len(people) != 4 {
		t.Fatalf("%d people, %v", len(people), err)
	}
	t.Logf("the demo was made in %s", took)
	cleanup()
	if _, err := os.Stat(cfg.DataDir); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
}
