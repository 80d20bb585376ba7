package keys_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/seal"
)

func TestGenerateMakesKeysThatShowNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		made := w.Make(keys.Generation{Licensing: e1, Type: keys.MAK, Products: []string{"NIB-STD", "NIB-PRO", "NIB-STD"}, Limit: 30, Count: 3})
		if len(made) != 3 || records(w, "keys.generated", e1) != 3 {
			t.Fatalf("%d keys, %d records", len(made), records(w, "keys.generated", e1))
		}
		for _, k := range made {
			code := w.Code(k.ID)
			if code.LastFive() != k.LastFive || k.Masked() != "•••••-•••••-•••••-•••••-"+k.LastFive || k.ProductLabel() != "Nimbus Office Professional, Nimbus Office Standard" {
				t.Errorf("key %+v", k)
			}
			if _, err := keys.ParseCode(code.Reveal()); err != nil || k.Limit != 30 || k.Available() != 30 || !k.Counted || k.Number != "E-1" {
				t.Errorf("key %+v: %v", k, err)
			}
		}
		other := w.Make(keys.Generation{Licensing: e1, Type: keys.Setup, Products: []string{"SRV"}})
		batch, err := w.Keys.Batch(t.Context(), w.Operator, made[1].ID)
		if err != nil || len(batch) != 3 || batch[0].ID != made[0].ID || batch[2].ID != made[2].ID {
			t.Errorf("made together: %v, %v", batch, err)
		}
		if one, err := w.Keys.Batch(t.Context(), w.Operator, other[0].ID); err != nil || len(one) != 1 || one[0].Counted {
			t.Errorf("made alone: %v, %v", one, err)
		}
	})
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		good := keys.Generation{Licensing: e1, Type: keys.MAK, Products: []string{"SRV"}, Limit: 1}
		tests := []struct {
			name  string
			bend  func(g *keys.Generation)
			want  string
			field string
		}{
			{"type", func(g *keys.Generation) { g.Type = "x" }, "keys.generation", "/type keys.type_unknown, /limit keys.limit_unused"},
			{"no product", func(g *keys.Generation) { g.Products = nil }, "keys.generation", "/products keys.products_missing"},
			{"product", func(g *keys.Generation) { g.Products = []string{"SRV", "NO"} }, "keys.generation", "/products keys.product_unknown"},
			{"count", func(g *keys.Generation) { g.Count = 1001 }, "keys.generation", "/count keys.count"},
			{"negative limit", func(g *keys.Generation) { g.Limit = -1 }, "keys.generation", "/limit keys.limit_missing"},
			{"host key without limit", func(g *keys.Generation) { g.Type, g.Limit = keys.KMSHost, 0 }, "keys.generation", "/limit keys.limit_missing"},
			{"limit of a setup key", func(g *keys.Generation) { g.Type = keys.Setup }, "keys.generation", "/limit keys.limit_unused"},
			{"no licenses to count from", func(g *keys.Generation) { g.Limit = 0 }, "keys.generation", "/limit keys.limit_no_licenses"},
			{"Licensing ID", func(g *keys.Generation) { g.Licensing = nobody }, "licensing_ids.unknown", ""},
		}
		for _, test := range tests {
			g := good
			test.bend(&g)
			_, err := w.Keys.Generate(t.Context(), w.Operator, g)
			if errs.CodeOf(err) != test.want || fields(err) != test.field {
				t.Errorf("%s: %v, want %s [%s]", test.name, err, test.want, test.field)
			}
		}
		for _, actor := range []audit.Actor{w.User(access.Administrator, e1), w.Staff(access.Support), audit.Nobody("")} {
			if _, err := w.Keys.Generate(t.Context(), actor, keys.Generation{}); errs.KindOf(err) != errs.Denied && errs.KindOf(err) != errs.Unauthenticated {
				t.Errorf("%s %s made keys: %v", actor.Kind, actor.ID, err)
			}
		}
		if n := w.Count("SELECT count(*) FROM product_keys"); n != 0 {
			t.Errorf("%d keys were made", n)
		}
	})
}

func TestLimitFollowsFromLicenses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		w.Licenses[e1] = map[string]int64{"NIB-STD": 100, "NIB-PRO": 33, "SRV": 7}
		auto := func(products ...string) int64 {
			return w.Make(keys.Generation{Licensing: e1, Type: keys.MAK, Products: products})[0].Limit
		}
		if got := auto("NIB-PRO", "NIB-STD"); got != 200 { // ⌈1.5 × 133⌉
			t.Errorf("limit %d, want 200", got)
		}
		f, err := w.Keys.SetFactor(t.Context(), w.Operator, "enterprise", 1143, 0)
		if err != nil || f.Revision != 1 {
			t.Fatalf("factor %+v, %v", f, err)
		}
		if got := auto("SRV"); got != 9 { // ⌈1.143 × 7⌉ = ⌈8.001⌉
			t.Errorf("limit %d, want 9", got)
		}
		if _, err := w.Keys.SetFactor(t.Context(), w.Operator, "enterprise", 2000, 0); errs.CodeOf(err) != "keys.version" {
			t.Errorf("stale revision: %v", err)
		}
		if _, err := w.Keys.SetFactor(t.Context(), w.Operator, "enterprise", 0, 1); errs.CodeOf(err) != "keys.factor" {
			t.Errorf("factor of nothing: %v", err)
		}
		if _, err := w.Keys.SetFactor(t.Context(), w.Operator, "none", 1000, 0); errs.CodeOf(err) != "keys.program_unknown" {
			t.Errorf("unknown program: %v", err)
		}
		if _, err := w.Keys.SetFactor(t.Context(), w.User(access.Administrator, e1), "enterprise", 9000, 1); errs.CodeOf(err) != "access.staff_only" {
			t.Errorf("a customer's Administrator: %v", err)
		}
		all, err := w.Keys.Factors(t.Context(), w.Operator)
		if err != nil || len(all) != 11 || all[0] != f || all[1].Thousandths != keys.DefaultFactor || !all[1].Since.IsZero() {
			t.Errorf("factors %+v, %v", all, err)
		}
		if n := w.Count("SELECT count(*) FROM audit_records WHERE action = 'keys.factor_changed'"); n != 1 {
			t.Errorf("%d records of factors", n)
		}
	})
}

func TestRolesSeeKeysMasked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		key, code := w.MAK(e1, 5)
		for _, role := range access.Roles() {
			actor := w.User(role, e1)
			may := role == access.Administrator || role == access.ProductKeys || role == access.KeyAdministrator || role == access.Limited
			list, _, err := w.Keys.List(t.Context(), actor, keys.Filter{Licensing: e1})
			all, _, errAll := w.Keys.List(t.Context(), actor, keys.Filter{})
			one, errOne := w.Keys.Get(t.Context(), actor, key.ID)
			_, text, errText := w.Keys.Reveal(t.Context(), actor, key.ID)
			errCopied := w.Keys.Copied(t.Context(), actor, key.ID)
			errExport := w.Keys.Export(t.Context(), actor, keys.Export{Licensing: e1, Format: "tsv"}, &strings.Builder{})
			for _, err := range []error{err, errOne, errText, errCopied, errExport} {
				if may && err != nil || !may && errs.CodeOf(err) != "access.role_missing" {
					t.Errorf("%s: %v", role, err)
				}
			}
			if (errAll == nil) != may || !may && errs.CodeOf(errAll) != "access.role_nowhere" || (len(all) == 1) != may || (len(list) == 1) != may {
				t.Errorf("%s lists %d and %d keys, %v", role, len(list), len(all), errAll)
			}
			if may && text != code.Reveal() || strings.Contains(fmt.Sprintf("%+v %+v %+v", list, all, one), code.Reveal()[:23]) {
				t.Errorf("%s: the text of the key is where it does not belong", role)
			}
		}
		if records(w, "keys.revealed", e1) != 4+1 || records(w, "keys.copied", e1) != 4 || records(w, "keys.exported", e1) != 4 { // w.MAK reveals too
			t.Errorf("on record: %d revealed, %d copied, %d exported", records(w, "keys.revealed", e1), records(w, "keys.copied", e1), records(w, "keys.exported", e1))
		}
		for _, cursor := range []ids.ID{"\x00", "\xff", "key_" + key.ID} {
			if _, _, err := w.Keys.List(t.Context(), w.User(access.Download, e1), keys.Filter{After: cursor}); errs.CodeOf(err) != "request.cursor" {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
		for _, kind := range access.StaffKinds() {
			if _, _, err := w.Keys.Reveal(t.Context(), w.Staff(kind), key.ID); err == nil {
				t.Errorf("%s revealed a customer's key", kind)
			}
			_, _, err := w.Keys.Stock(t.Context(), w.Staff(kind), keys.Filter{Licensing: e1})
			if (err == nil) != (kind == access.Operator) {
				t.Errorf("stock for %s: %v", kind, err)
			}
		}
	})
}

func TestAnotherOrganizationsKeyDoesNotExist(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		key, _ := w.MAK(e1, 5)
		outsider := w.User(access.Administrator, w.Customer("Bianchi", "E-2", "open-license"))
		narrow := outsider // by a token that does nothing but look at keys
		w.Do(func(tx *db.Tx) error {
			narrow.Token = tx.NewID()
			_, err := tx.Exec("INSERT INTO api_tokens (id, token_hash, user_id, name, scopes, created_at, expires_at) VALUES ($1, $2, $3, '', 'keys.view', 1, 9000000000000000)", narrow.Token, []byte("hash"), narrow.ID)
			return err
		})
		for _, actor := range []audit.Actor{outsider, narrow} {
			for name, use := range map[string]func(id ids.ID) error{
				"get":    func(id ids.ID) error { _, err := w.Keys.Get(t.Context(), actor, id); return err },
				"reveal": func(id ids.ID) error { _, _, err := w.Keys.Reveal(t.Context(), actor, id); return err },
				"copied": func(id ids.ID) error { return w.Keys.Copied(t.Context(), actor, id) },
			} {
				before := w.Count("SELECT count(*) FROM audit_records WHERE action = 'access.refused'")
				theirs, none := use(key.ID), use(nobody)
				refusals := w.Count("SELECT count(*) FROM audit_records WHERE action = 'access.refused'") - before
				if errs.CodeOf(theirs) != "keys.unknown" || errs.CodeOf(none) != "keys.unknown" || refusals != 2 {
					t.Errorf("%s: %v and %v, %d refusals on record", name, theirs, none, refusals)
				}
			}
		}
	})
}

// TestKeysManagedElsewhereDoNotShow (PROG-08): not even those that were made before.
func TestKeysManagedElsewhereDoNotShow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		moved := w.Customer("Bianchi", "C-1", "campus")
		own, _ := w.MAK(e1, 5)
		gone, _ := w.MAK(moved, 5)
		admin := w.User(access.Administrator, e1, moved)
		w.Do(func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO programs (code, revision, place, name, licensing_id_is, master_above, download_catalog, keys_given, kms_host_key, reservations, visible_from, web_support, managed_elsewhere, recorded_at)
				SELECT code, 2, place, name, licensing_id_is, master_above, download_catalog, keys_given, kms_host_key, reservations, visible_from, web_support, TRUE, 1 FROM programs WHERE code = 'campus'`)
			return err
		})
		list, _, err := w.Keys.List(t.Context(), admin, keys.Filter{})
		stock, _, errStock := w.Keys.Stock(t.Context(), w.Operator, keys.Filter{})
		if err != nil || errStock != nil || len(list) != 1 || len(stock) != 1 || list[0].ID != own.ID || stock[0].ID != own.ID {
			t.Errorf("listed %+v, %v; stock %+v, %v", list, err, stock, errStock)
		}
		if rows := file(t, w, admin, keys.Export{Format: "tsv"}); len(rows) != 2 || !strings.HasPrefix(rows[1], "E-1\t") || records(w, "keys.exported", moved) != 0 {
			t.Errorf("the file: %q", rows)
		}
		for name, err := range map[string]error{
			"get":       third(w.Keys.Get(t.Context(), admin, gone.ID)),
			"copied":    w.Keys.Copied(t.Context(), admin, gone.ID),
			"stocked":   third(w.Keys.Stocked(t.Context(), w.Operator, gone.ID)),
			"set limit": third(w.Keys.SetLimit(t.Context(), w.Operator, gone.ID, 6, gone.Version)),
			"supersede": third(w.Keys.Supersede(t.Context(), w.Operator, gone.ID, gone.Version)),
		} {
			if errs.CodeOf(err) != "keys.unknown" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, text, err := w.Keys.Reveal(t.Context(), admin, gone.ID); text != "" || errs.CodeOf(err) != "keys.unknown" {
			t.Errorf("reveal: %v", err)
		}
		_, err = w.Keys.Generate(t.Context(), w.Operator, keys.Generation{Licensing: moved, Type: keys.MAK, Products: []string{"SRV"}, Limit: 1})
		if errs.CodeOf(err) != "licensing_ids.unknown" {
			t.Errorf("generate: %v", err)
		}
	})
}

func third(_ keys.Key, err error) error { return err }

func TestRevealingWithoutARecordGivesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		key, _ := w.MAK(e1, 5)
		actor := w.User(access.ProductKeys, e1)
		mend := breakAudit(w)
		if _, text, err := w.Keys.Reveal(t.Context(), actor, key.ID); err == nil || text != "" {
			t.Errorf("revealed %q without a record, %v", text, err)
		}
		var out strings.Builder
		if err := w.Keys.Export(t.Context(), actor, keys.Export{Format: "tsv"}, &out); err == nil || out.Len() > 0 {
			t.Errorf("exported %d bytes without a record, %v", out.Len(), err)
		}
		mend()
		if _, text, err := w.Keys.Reveal(t.Context(), actor, key.ID); err != nil || text == "" {
			t.Errorf("revealed %q with a record, %v", text, err)
		}
	})
}

func TestMaintaining(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		w, e1 := newWorld(t, d)
		key, _ := w.MAK(e1, 5)
		setup := w.Make(keys.Generation{Licensing: e1, Type: keys.Setup, Products: []string{"SRV"}})[0]
		w.Do(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE product_keys SET used = 3 WHERE id = $1", key.ID)
			return err
		})
		ctx := t.Context()
		changed, err := w.Keys.SetLimit(ctx, w.Operator, key.ID, 3, key.Version)
		if err != nil || changed.Limit != 3 || changed.Available() != 0 || changed.Version != key.Version+1 {
			t.Errorf("limit: %+v, %v", changed, err)
		}
		for name, test := range map[string]struct {
			key            ids.ID
			limit, version int64
			want           string
		}{
			"stale":      {key.ID, 9, key.Version, "keys.version"},
			"below used": {key.ID, 2, changed.Version, "keys.limit_below_used"},
			"too large":  {key.ID, 1_000_000_001, changed.Version, "keys.limit_missing"},
			"huge":       {key.ID, 1 << 62, changed.Version, "keys.limit_missing"},
			"uncounted":  {setup.ID, 2, setup.Version, "keys.limit_unused"},
			"unknown":    {nobody, 2, 1, "keys.unknown"},
		} {
			if _, err := w.Keys.SetLimit(ctx, w.Operator, test.key, test.limit, test.version); errs.CodeOf(err) != test.want {
				t.Errorf("%s: %v, want %s", name, err, test.want)
			}
		}
		if _, err := w.Keys.SetLimit(ctx, w.User(access.KeyAdministrator, e1), key.ID, 9, changed.Version); errs.CodeOf(err) != "access.staff_only" {
			t.Errorf("a customer raised a limit: %v", err)
		}
		if _, err := w.Keys.Supersede(ctx, w.Operator, key.ID, key.Version); errs.CodeOf(err) != "keys.version" {
			t.Errorf("superseding with a stale version: %v", err)
		}
		gone, err := w.Keys.Supersede(ctx, w.Operator, key.ID, changed.Version)
		if err != nil || gone.State != keys.Superseded || !gone.SupersededAt.Equal(clk.Now()) {
			t.Errorf("superseded: %+v, %v", gone, err)
		}
		if _, err := w.Keys.SetLimit(ctx, w.Operator, key.ID, 9, gone.Version); errs.CodeOf(err) != "keys.superseded" {
			t.Errorf("a limit for a superseded key: %v", err)
		}
		if _, err := w.Keys.Supersede(ctx, w.Operator, key.ID, gone.Version); errs.CodeOf(err) != "keys.version" {
			t.Errorf("superseding twice: %v", err)
		}
		if records(w, "keys.limit_changed", e1) != 1 || records(w, "keys.superseded", e1) != 1 {
			t.Error("the changes are not on record once each")
		}
		if seen, err := w.Keys.Stocked(ctx, w.Operator, key.ID); err != nil || seen.State != keys.Superseded {
			t.Errorf("stocked: %+v, %v", seen, err)
		}
	})
}

func TestCiphertextStaysWithItsRow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, e1 := newWorld(t, d)
		mine, _ := w.MAK(e1, 5)
		theirs, _ := w.MAK(w.Customer("Bianchi", "E-2", "open-license"), 5)
		w.Do(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE product_keys SET sealed = (SELECT sealed FROM product_keys WHERE id = $1) WHERE id = $2", theirs.ID, mine.ID)
			return err
		})
		actor := w.User(access.ProductKeys, e1)
		if _, text, err := w.Keys.Reveal(t.Context(), actor, mine.ID); !errors.Is(err, seal.ErrDamaged) || text != "" {
			t.Errorf("the moved key reads %q, %v", text, err)
		}
		var out strings.Builder
		if err := w.Keys.Export(t.Context(), actor, keys.Export{Format: "csv"}, &out); !errors.Is(err, seal.ErrDamaged) || strings.Count(out.String(), "\n") > 1 {
			t.Errorf("exported %q, %v", out.String(), err)
		}
	})
}

func TestTheDatabaseHoldsNoKeyText(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t, engine)
			d := dbtest.Open(t, url, clock.NewManual(dbtest.Start))
			w, e1 := newWorld(t, d)
			key, code := w.MAK(e1, 5)
			foreign := importOne(t, w, "E-1\t\t\tOffice\tBCDFG-HJKLM-NOPQR-STUVW-XYZ23\tMAK\t1/2\n")
			if _, err := w.Keys.Supersede(t.Context(), w.Operator, key.ID, key.Version); err != nil {
				t.Fatal(err)
			}
			dump := dumpOf(t, url)
			if !bytes.Contains(dump, []byte(key.LastFive)) || !bytes.Contains(dump, []byte("E-1")) {
				t.Fatal("the dump does not even hold what may be in it")
			}
			for _, text := range []string{code.Reveal(), foreign} {
				bare := strings.ReplaceAll(text, "-", "")
				for _, form := range []string{text, bare, strings.ToLower(bare), text[:11], fmt.Sprintf("%x", text), fmt.Sprintf("%x", bare)} {
					if bytes.Contains(dump, []byte(form)) {
						t.Errorf("the database holds %d characters of a key", len(form))
					}
				}
			}
		})
	}
}

// dumpOf returns everything that a thief of the database has.
func dumpOf(t *testing.T, url string) []byte {
	t.Helper()
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		files, err := filepath.Glob(file + "*")
		if err != nil {
			t.Fatal(err)
		}
		var all []byte
		for _, f := range files {
			part, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, part...)
		}
		return all
	}
	out, err := exec.Command("pg_dump", "--dbname", url).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	return out
}
