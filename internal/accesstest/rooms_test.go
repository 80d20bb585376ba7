package accesstest_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"chiave/internal/app/apptest"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
)

// taking is a room's import with a file that it would publish.
type taking struct {
	text string
	take func(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error)
}

func takings(w *apptest.World) map[string]taking {
	return map[string]taking{
		"catalog": {`{"products": [{"code": "NEW-1", "name": "Carta", "family": "Carta", "pool": "Applications", "class": "client", "versions": [{"name": "1", "released": "2024-01-01"}]}]}`,
			w.App.Catalog.Import},
		"agreements": {`{"agreements": [{"licensing_id": "N-1", "program": "select-plus", "organization": "ROSSI", "start": "2025-01-01"}]}`, w.App.Agreements.Import},
		"orders":     {"line_id,licensing_id,order_number,order_date,product,version,kind,quantity\nN-1,E-1001,PO-1,2025-01-01,NIB-STD,2019,L,1\n", w.App.Orders.Import},
		"keys":       {strings.Replace(apptest.Keys, "NP90Q", "NP90R", 1), w.App.Keys.Import},
	}
}

// unread is a file that nobody may open.
type unread struct{}

func (unread) Read([]byte) (int, error) { return 0, errors.New("it was read") }

// while is a file at whose first reading something happens.
type while struct {
	io.Reader
	happens func()
}

func (w *while) Read(b []byte) (int, error) {
	if w.happens != nil {
		w.happens()
		w.happens = nil
	}
	return w.Reader.Read(b)
}

// TestImportsAskBeforeTheyRead: whoever may not import learns nothing about a file, and costs nothing.
func TestImportsAskBeforeTheyRead(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for name, in := range takings(w) {
			if _, err := in.take(t.Context(), w.Actors[apptest.Admin], "a file", unread{}, true); errs.CodeOf(err) != "access.staff_only" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestImportsAskAgainBeforeTheyPublish: who is no operator any more when the file has been read changes nothing with it (R14).
func TestImportsAskAgainBeforeTheyPublish(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		become := func(kind access.Staff) {
			w.Change("UPDATE users SET staff = $1 WHERE id = $2", string(kind), w.Actors[apptest.Operator].ID)
		}
		for name, in := range takings(w) {
			become(access.Operator)
			before := w.Rows()
			_, err := in.take(t.Context(), w.Actors[apptest.Operator], "a file", &while{strings.NewReader(in.text), func() { become(access.Support) }}, false)
			if errs.CodeOf(err) != "access.staff_only" {
				t.Errorf("%s: %v", name, err)
			}
			for table, rows := range w.Rows() {
				if table != "users" && table != "order_lines" && table != "staged_keys" && len(rows) != len(before[table]) { // where rows are staged that nobody sees
					t.Errorf("%s changed %s", name, table)
				}
			}
			become(access.Operator)
			if _, err := in.take(t.Context(), w.Actors[apptest.Operator], "a file", strings.NewReader(in.text), false); err != nil {
				t.Errorf("%s, by an operator: %v", name, err)
			}
		}
	})
}

// TestRoomsDecideBeforeTheyJudge: an answer about what was sent is for those who may send it.
func TestRoomsDecideBeforeTheyJudge(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		stranger, admin := w.Actors[apptest.Stranger], w.Actors[apptest.Admin]
		_, err := w.App.Access.Assign(t.Context(), stranger, access.Assignment{Licensing: w.IDs[apptest.Enterprise], Address: "no address", Role: "no role"})
		if errs.CodeOf(err) != "licensing_ids.unknown" {
			t.Errorf("a wrong assignment on another company's Licensing ID: %v", err)
		}
		_, err = w.App.Accounts.SandboxInvitation(t.Context(), admin, accounts.Invitation{Address: "new@rossi.example", Organization: organization(t, w)})
		if errs.CodeOf(err) != "access.staff_only" {
			t.Errorf("a customer invites: %v", err)
		}
	})
}

func organization(t *testing.T, w *apptest.World) (id ids.ID) {
	t.Helper()
	err := w.App.DB.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT organization_id FROM users WHERE id = $1", w.Actors[apptest.Admin].ID).Scan(&id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestARoleThatIsNotThereIsLikeAnothers, to the face that reads it by its id.
func TestARoleThatIsNotThereIsLikeAnothers(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for name, role := range map[string]ids.ID{"none": ids.New(dbtest.Start), "another company's": w.Roles["foreign"]} {
			if got, err := w.App.Access.GetRole(t.Context(), w.Actors[apptest.Admin], role); errs.CodeOf(err) != "access.role_unknown" || got != (access.Grant{}) {
				t.Errorf("%s: %+v %v", name, got, err)
			}
		}
		if _, err := w.App.Access.GetRole(t.Context(), w.Actors[apptest.Admin], w.Roles["viewer"]); err != nil {
			t.Errorf("her own: %v", err)
		}
	})
}

// TestWhatIsForStaffIsRefusedByTheRoom, whatever a face has asked before.
func TestWhatIsForStaffIsRefusedByTheRoom(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx, admin, office := t.Context(), w.Actors[apptest.Admin], w.Keys["office"]
		for name, use := range map[string]func() error{
			"one key of the stock": func() error { _, err := w.App.Keys.Stocked(ctx, admin, office); return err },
			"a batch of keys":      func() error { _, err := w.App.Keys.Batch(ctx, admin, office); return err },
			"the stock":            func() error { _, _, err := w.App.Keys.Stock(ctx, admin, keys.Filter{}); return err },
			"factors":              func() error { _, err := w.App.Keys.Factors(ctx, admin); return err },
			"a factor":             func() error { _, err := w.App.Keys.SetFactor(ctx, admin, "enterprise", 2000, 0); return err },
			"an import's report":   func() error { _, err := w.App.Reports.ImportReport(ctx, admin, "none"); return err },
			"partners":             func() error { _, err := w.App.Partners.List(ctx, admin); return err },
		} {
			if err := use(); errs.CodeOf(err) != "access.staff_only" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestATokenNarrowsWhatStaffSee: one that maintains keys does not see whose they are.
func TestATokenNarrowsWhatStaffSee(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		operator := w.Actors[apptest.Operator]
		operator.Token, _ = w.Token(apptest.Operator, access.MaintainKeys)
		for name, f := range map[string]keys.Filter{"all": {}, "of one Licensing ID": {Licensing: w.IDs[apptest.Enterprise]}} {
			if _, _, err := w.App.Keys.Stock(t.Context(), operator, f); errs.CodeOf(err) != "access.token_scope" {
				t.Errorf("the stock, %s: %v", name, err)
			}
		}
		if _, err := w.App.Keys.Stocked(t.Context(), operator, w.Keys["office"]); errs.CodeOf(err) != "access.token_scope" {
			t.Errorf("one key: %v", err)
		}
	})
}

// TestStaffWhoNameALicensingIDAreOnItsRecord: that an operator read a summary stands in the trail of each Licensing ID asked for (AUD-03).
func TestStaffWhoNameALicensingIDAreOnItsRecord(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		records := func(number string) (n int) {
			err := w.App.DB.Read(t.Context(), func(tx *db.Tx) error {
				return tx.Row("SELECT count(*) FROM audit_records WHERE action = 'customers.read' AND licensing_id = $1", w.IDs[number]).Scan(&n)
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		asked, other := records(apptest.Enterprise), records(apptest.Foreign)
		if _, err := w.App.Reports.LicenseSummary(t.Context(), w.Actors[apptest.Operator], reports.Question{Numbers: []string{apptest.Enterprise}}); err != nil {
			t.Fatal(err)
		}
		if now := records(apptest.Enterprise); now != asked+1 {
			t.Errorf("%d records more of whom was asked for", now-asked)
		}
		if now := records(apptest.Foreign); now != other {
			t.Errorf("%d records more of somebody else", now-other)
		}
	})
}
