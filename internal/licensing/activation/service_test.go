package activation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestActivatingCountsAComputerOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := newWorld(t, d)
		key, code := w.MAK(w.licensing, 2)
		first, err := w.activate(code, 1, "NIB-STD")
		if err != nil || first.Again || first.KeyID != key.ID || first.Machine != "PC-1" {
			t.Fatalf("first activation: %+v, %v", first, err)
		}
		if _, err := w.activate(code, 2, "NIB-PRO"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.activate(code, 3, "NIB-STD"); errs.CodeOf(err) != "activation.none_left" || errs.KindOf(err) != errs.Limited {
			t.Errorf("third computer of two: %v", err)
		}
		before := w.Count("SELECT count(*) FROM audit_records")
		clk.Advance(1000)
		for _, when := range []string{"with none left", "after the key was superseded"} {
			again, err := w.activate(code, 1, "NIB-STD")
			if err != nil || !again.Again || again.ID != first.ID || !again.At.Equal(first.At) {
				t.Errorf("same computer %s: %+v, %v; want activation %s again", when, again, err, first.ID)
			}
			if w.used(key.ID) != 2 || w.rows(key.ID) != 2 || w.Count("SELECT count(*) FROM audit_records") != before {
				t.Errorf("same computer %s: something was written", when)
			}
			if _, err := w.Keys.Supersede(t.Context(), w.Operator, key.ID, key.Version); err != nil && when == "with none left" {
				t.Fatal(err)
			}
			before = w.Count("SELECT count(*) FROM audit_records")
		}
		if w.records("activation.activated") != 2 || w.records("activation.refused") != 1 {
			t.Errorf("%d activated and %d refused on record", w.records("activation.activated"), w.records("activation.refused"))
		}
	})
}

func TestTokenIsWhatVerifyAccepts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		key, code := w.MAK(w.licensing, 1)
		r, err := w.activate(code, 7, "NIB-PRO")
		if err != nil {
			t.Fatal(err)
		}
		want := verify.Expect{Issuer: issuer, InstallationID: installation(7), Product: "NIB-PRO"}
		claims, err := verify.Token(r.Token, w.trusted, want)
		if err != nil || claims.ActivationID != activation.Wire.Wire(r.ID) || claims.KeyReference != keys.Wire.Wire(key.ID) || !claims.Expires.IsZero() {
			t.Errorf("claims %+v, %v", claims, err)
		}
		want.InstallationID = installation(8)
		if _, err := verify.Token(r.Token, w.trusted, want); !errors.Is(err, verify.ErrInstallation) {
			t.Errorf("the token on another computer: %v", err)
		}
		if strings.Contains(r.Token, code.Reveal()) {
			t.Error("the token carries the key")
		}
	})
}

func TestWhatActivatesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		mak, makCode := w.MAK(w.licensing, 5)
		gone, goneCode := w.MAK(w.licensing, 5)
		if _, err := w.Keys.Supersede(t.Context(), w.Operator, gone.ID, gone.Version); err != nil {
			t.Fatal(err)
		}
		volume := w.Make(keys.Generation{Licensing: w.licensing, Type: keys.Volume, Products: []string{"NIB-STD"}})[0]
		foreign := w.takeIn(t, "BCDFG-HJKLM-NOPQR-STUVW-XYZ23", "MAK", "3/7")
		unknown, err := keys.Generate(strings.NewReader(strings.Repeat("unknown", 9)))
		if err != nil {
			t.Fatal(err)
		}
		mistyped, err := keys.ParseTyped("ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZ2")
		if err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			name    string
			code    keys.Code
			product string
			want    error
			record  bool
		}{
			{"unknown", unknown, "NIB-STD", errs.New(errs.NotFound, "activation.key_unknown"), false},
			{"mistyped", mistyped, "NIB-STD", keys.ErrCodeCheck, false},
			{"no key at all", keys.Code{}, "NIB-STD", errs.New(errs.NotFound, "activation.key_unknown"), false},
			{"foreign", foreign, "NIB-STD", errs.New(errs.Conflict, "activation.key_foreign"), true},
			{"superseded", goneCode, "NIB-STD", errs.New(errs.Conflict, "activation.key_superseded"), true},
			{"another type", w.Code(volume.ID), "NIB-STD", errs.New(errs.Conflict, "activation.key_type"), true},
			{"another product", makCode, "SRV", errs.New(errs.Conflict, "activation.other_product"), true},
			{"product that no token may carry", makCode, "A\nB", errs.New(errs.Invalid, "activation.product"), false},
		}
		for i, test := range tests {
			before := w.records("activation.refused")
			if _, err := w.activate(test.code, i, test.product); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			}
			if recorded := w.records("activation.refused") > before; recorded != test.record {
				t.Errorf("%s: recorded %v, want %v", test.name, recorded, test.record)
			}
		}
		if _, err := w.Activate(t.Context(), "", activation.Request{Code: makCode, InstallationID: "short", Product: "NIB-STD"}); errs.CodeOf(err) != "activation.installation_id" {
			t.Errorf("malformed installation ID: %v", err)
		}
		if w.Count("SELECT count(*) FROM activations") != 0 || w.used(mak.ID) != 0 {
			t.Error("something was counted")
		}
		if err := w.Access.FlushRefusals(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.records("access.refused_anonymous"); n != 1 {
			t.Errorf("%d records of anonymous refusals, want one for all", n)
		}
		var body string
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Row("SELECT body FROM audit_records WHERE action = 'access.refused_anonymous'").Scan(&body)
		})
		if err != nil || !strings.Contains(body, `"activation.unknown_key":2`) {
			t.Errorf("record of unknown keys: %s, %v", body, err)
		}
	})
}

// takeIn imports one foreign key.
func (w *world) takeIn(t *testing.T, key, kind, count string) keys.Code {
	t.Helper()
	file := "Licensing ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\n" +
		"E-1\t\t\tOffice\t" + key + "\t" + kind + "\t" + count + "\n"
	report, err := w.Keys.Import(t.Context(), w.Operator, "keys.tsv", strings.NewReader(file), false)
	if err != nil || report.Created != 1 {
		t.Fatalf("import: %+v, %v", report, err)
	}
	code, err := keys.ParseTyped(key)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestAConfirmationIsForTheProductThatAsks: nor is one product's installation ID taken for another's.
func TestAConfirmationIsForTheProductThatAsks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		key, code := w.MAK(w.licensing, 5)
		if _, err := w.activate(code, 1, "NIB-STD"); err != nil {
			t.Fatal(err)
		}
		for product, want := range map[string]string{"NIB-PRO": "activation.installation_id", "SRV": "activation.other_product"} {
			if r, err := w.activate(code, 1, product); errs.CodeOf(err) != want || r.Token != "" {
				t.Errorf("the same installation ID for %s: a token for %q, %v", product, r.Product, err)
			}
		}
		if w.used(key.ID) != 1 || w.rows(key.ID) != 1 || w.records("activation.refused") != 2 {
			t.Errorf("%d used, %d computers, %d refusals on record", w.used(key.ID), w.rows(key.ID), w.records("activation.refused"))
		}
		if r, err := w.activate(code, 1, "NIB-STD"); err != nil || !r.Again || r.Product != "NIB-STD" {
			t.Errorf("for its own product: %+v, %v", r, err)
		}
	})
}

// TestRefusalsOfAKeyCannotFillTheLog: of those alike within a minute the first is on record, and then their number.
func TestRefusalsOfAKeyCannotFillTheLog(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := newWorld(t, d)
		key, code := w.MAK(w.licensing, 1)
		ask := func(times, computer int, product, want string) {
			t.Helper()
			for range times {
				if _, err := w.activate(code, computer, product); errs.CodeOf(err) != want {
					t.Errorf("%s: %v, want %s", product, err, want)
				}
			}
		}
		if _, err := w.activate(code, 0, "NIB-STD"); err != nil {
			t.Fatal(err)
		}
		ask(20, 1, "NIB-STD", "activation.none_left")
		ask(5, 2, "SRV", "activation.other_product")
		if n := w.records("activation.refused"); n != 2 {
			t.Errorf("%d records at once, want one for each reason", n)
		}
		clk.Advance(time.Minute)
		ask(3, 1, "NIB-STD", "activation.none_left")
		if n := w.records("activation.refused"); n != 3 {
			t.Errorf("%d records a minute later", n)
		}
		w.Do(func(tx *db.Tx) error { _, err := tx.Exec("ALTER TABLE audit_records RENAME TO hidden"); return err })
		if err := w.FlushRefusals(t.Context()); err == nil {
			t.Error("recorded without a place for records")
		}
		w.Do(func(tx *db.Tx) error { _, err := tx.Exec("ALTER TABLE hidden RENAME TO audit_records"); return err })
		for range 2 { // the second time there is nothing left
			if err := w.FlushRefusals(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		told := map[string]int{}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Each("SELECT body FROM audit_records WHERE action = 'activation.refused' AND refused AND licensing_id = $1 AND object = $2",
				[]any{w.licensing, keys.Wire.Wire(key.ID)}, func(scan func(...any) error) error {
					var body []byte
					var record struct {
						After struct {
							Reason string `json:"reason"`
							Times  int    `json:"times"`
						} `json:"after"`
					}
					if err := scan(&body); err != nil {
						return err
					}
					err := json.Unmarshal(body, &record)
					told[fmt.Sprint(record.After.Reason, " ", record.After.Times)]++
					return err
				})
		})
		want := map[string]int{"activation.none_left 0": 2, "activation.none_left 21": 1, "activation.other_product 0": 1, "activation.other_product 4": 1}
		if err != nil || !maps.Equal(told, want) {
			t.Errorf("on record %v, %v; want %v", told, err, want)
		}
		ask(1, 1, "NIB-STD", "activation.none_left")
		if n := w.records("activation.refused"); n != 6 {
			t.Errorf("%d records after the next one", n)
		}
	})
}

func TestAFailingRecordUndoesEverything(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		key, code := w.MAK(w.licensing, 5)
		w.Do(func(tx *db.Tx) error {
			_, err := tx.Exec("ALTER TABLE audit_records RENAME TO audit_records_gone")
			return err
		})
		if r, err := w.activate(code, 1, "NIB-STD"); err == nil || r.Token != "" {
			t.Errorf("activated without a record: %+v", r)
		}
		if w.used(key.ID) != 0 || w.rows(key.ID) != 0 {
			t.Error("the count or the computer stayed")
		}
		w.Do(func(tx *db.Tx) error {
			_, err := tx.Exec("ALTER TABLE audit_records_gone RENAME TO audit_records")
			return err
		})
		if r, err := w.activate(code, 1, "NIB-STD"); err != nil || r.Again {
			t.Errorf("afterwards: %+v, %v", r, err)
		}
	})
}

func TestWhoSeesTheComputersOfAKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w := newWorld(t, d)
		key, code := w.MAK(w.licensing, 5)
		for n := range 5 {
			clk.Advance(1_000_000)
			if _, err := w.activate(code, n, "NIB-STD"); err != nil {
				t.Fatal(err)
			}
		}
		for _, role := range access.Roles() {
			actor := w.User(role, w.licensing)
			may := role == access.Administrator || role == access.ProductKeys || role == access.KeyAdministrator
			list, _, err := w.OfKey(t.Context(), actor, key.ID, activation.Page{})
			if may != (err == nil) || may != (len(list) == 5) || !may && errs.CodeOf(err) != "access.role_missing" {
				t.Errorf("%s sees %d computers, %v", role, len(list), err)
			}
		}
		other := w.Customer("Bianchi", "E-2", "enterprise")
		outsider := w.User(access.Administrator, other)
		_, _, foreignID := w.OfKey(t.Context(), outsider, key.ID, activation.Page{})
		_, _, noID := w.OfKey(t.Context(), outsider, "01hk153x00fzzvzzzzzzzzzzzz", activation.Page{})
		if errs.CodeOf(foreignID) != "keys.unknown" || errs.CodeOf(noID) != "keys.unknown" {
			t.Errorf("another organization's key: %v; none: %v", foreignID, noID)
		}
		for _, cursor := range []string{"\x00", "\xff", "act_" + string(key.ID)} {
			if _, _, err := w.OfKey(t.Context(), audit.Itself(), key.ID, activation.Page{Before: cursor}); errs.CodeOf(err) != "request.cursor" {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
		var seen []string
		for page := (activation.Page{Limit: 2}); ; {
			list, next, err := w.OfKey(t.Context(), w.User(access.ProductKeys, w.licensing), key.ID, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				seen = append(seen, a.Machine)
			}
			if page.Before = next; next == "" {
				break
			}
		}
		if got := strings.Join(seen, " "); got != "PC-4 PC-3 PC-2 PC-1 PC-0" {
			t.Errorf("pages give %s", got)
		}
	})
}

func TestStopRefusesTheWaiting(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		_, code := w.MAK(w.licensing, 5)
		idle := activation.New(w.Access, w.Sealer, func(tx *db.Tx) (activation.Signer, error) { return w.Sealer.Signer(tx) }, issuer)
		refused := make(chan error)
		for n := range 3 {
			go func() {
				_, err := idle.Activate(t.Context(), "", activation.Request{Code: code, InstallationID: installation(n), Product: "NIB-STD"})
				refused <- err
			}()
		}
		idle.Stop()
		idle.Stop()
		stopped := errs.New(errs.Unavailable, "activation.stopped")
		for range 3 {
			if err := <-refused; !errors.Is(err, stopped) {
				t.Errorf("waiting when stopped: %v", err)
			}
		}
		w.Service.Stop()
		if _, err := w.activate(code, 1, "NIB-STD"); !errors.Is(err, stopped) {
			t.Errorf("asked after the stop: %v", err)
		}
		if n := w.Count("SELECT count(*) FROM activations"); n != 0 {
			t.Errorf("%d computers activated", n)
		}
	})
}

func TestMachinesNamesAreKeptHarmless(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		key, code := w.MAK(w.licensing, 9)
		name := "caf\xffé\x00\n" + strings.Repeat("ü", 300)
		r, err := w.Activate(t.Context(), "", activation.Request{Code: code, InstallationID: installation(1), Product: "NIB-STD", Machine: name})
		if err != nil || !strings.HasPrefix(r.Machine, "caf\uFFFDéü") || len(r.Machine) > 200 {
			t.Errorf("machine %q, %v", r.Machine, err)
		}
		list, _, err := w.OfKey(t.Context(), audit.Itself(), key.ID, activation.Page{})
		if err != nil || len(list) != 1 || list[0].Machine != r.Machine {
			t.Errorf("kept %+v, %v", list, err)
		}
	})
}
