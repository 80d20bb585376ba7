package agreements_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
)

func manyAgreements(n int) string {
	var rows strings.Builder
	for i := range n {
		if i > 0 {
			rows.WriteString(",\n")
		}
		fmt.Fprintf(&rows, `{"licensing_id": "E-%06d", "program": "enterprise", "organization": "ORG-1", "start": "2023-01-01", "end": "2025-12-31",
			"contacts": [{"type": "primary", "email": "p%d@example.com"}, {"type": "ordering", "email": "o%d@example.com"}]}`, i, i, i)
	}
	return file(rows.String())
}

// A dry run, an import that publishes and one that changes nothing.
func TestOthersWriteBesideALargeImport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, dryRun := range []bool{true, false, false} {
			dbtest.BoundedWrites(t, 100, 1000, func(ctx context.Context, rows int) {
				if r, err := w.Import(ctx, audit.Itself(), "f", strings.NewReader(manyAgreements(rows)), dryRun); err != nil || r.Failed() {
					t.Error(err, r.Errors)
				}
			})
		}
	})
}

func TestContactsOfAnImportThatWasCutShortAreGreetedLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, hangUp := context.WithCancel(t.Context())
		published := db.BeforeCommit(ctx, func(*db.Tx, string) error { hangUp(); return nil })
		if _, err := w.Import(published, audit.Itself(), "f", strings.NewReader(file(family)), false); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		figures := func() string {
			return fmt.Sprintf("%d Licensing IDs, %d roles, %d invitations", w.number("SELECT count(*) FROM licensing_ids"),
				w.number("SELECT count(*) FROM role_grants"), w.number("SELECT count(*) FROM invitations"))
		}
		if got, want := figures(), "4 Licensing IDs, 0 roles, 0 invitations"; got != want {
			t.Fatalf("cut short: %s, want %s", got, want)
		}
		for range 2 {
			if err := w.Greet(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, want := figures(), "4 Licensing IDs, 3 roles, 2 invitations"; got != want {
				t.Errorf("greeted later: %s, want %s", got, want)
			}
		}
	})
}

// What a dry run says is what the import itself says, also about rows that come in each other's way in tables of other rooms.
func TestADryRunForeseesWhatRowsDoToEachOther(t *testing.T) {
	t.Parallel()
	organization := func(code, domain, guid string) string {
		return fmt.Sprintf(`{"code": %q, "legal_name": %q, "country": "IT", "segment": "commercial", "tenant": {"name": "T", "primary_domain": %q, "id": "0f8fad5b-d9cb-469f-a165-7086772895%s"}}`,
			code, code, domain, guid)
	}
	each(t, func(t *testing.T, w *world) {
		w.good(`{"organizations": [` + organization("A", "a.example.com", "01") + `]}`)
		for name, c := range map[string]struct {
			in   string
			want []string
		}{
			"a stored tenant":            {organization("B", "b.example.com", "01"), []string{"organizations[0].tenant.id accounts.tenant_taken"}},
			"a stored domain":            {organization("B", "A.example.com", "02"), []string{"organizations[0].tenant.primary_domain accounts.domain_taken"}},
			"a tenant of the same file":  {organization("B", "b.example.com", "02") + "," + organization("C", "c.example.com", "02"), []string{"organizations[1].tenant.id accounts.tenant_taken"}},
			"a domain of the same file":  {organization("B", "b.example.com", "02") + "," + organization("C", "B.example.com", "03"), []string{"organizations[1].tenant.primary_domain accounts.domain_taken"}},
			"two tenants of no conflict": {organization("B", "b.example.com", "02") + "," + organization("C", "c.example.com", "03"), nil},
		} {
			for _, dry := range []bool{true, false} {
				if !dry && c.want == nil {
					continue
				}
				r, err := w.Import(t.Context(), audit.Itself(), "f", strings.NewReader(`{"organizations": [`+c.in+`]}`), dry)
				var got []string
				for _, e := range r.Errors {
					got = append(got, e.Field+" "+e.Code)
				}
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%s, dry run %t: %q, want %q (%v)", name, dry, got, c.want, err)
				}
			}
		}
		row := func(n int, contacts string) string {
			return fmt.Sprintf(`{"licensing_id": "E-%d", "program": "enterprise", "organization": "ORG-1", "contacts": [%s]}`, n, contacts)
		}
		w.person("known@example.com")
		const anna, ugo, known = `{"type": "primary", "email": "anna@example.com"}`, `{"type": "primary", "email": "ugo@example.com"}`, `{"type": "primary", "email": "known@example.com"}`
		w.good(file(row(1, anna)))
		in := file(row(1, ugo+`,{"type": "notices", "email": "anna@example.com"}`) + "," + row(2, anna+","+ugo+","+known+`,{"type": "notices", "email": "eva@example.com"}`))
		dry, err := w.Import(t.Context(), audit.Itself(), "f", strings.NewReader(in), true)
		if err != nil {
			t.Fatal(err)
		}
		want := "rows 5 created 1 changed 1 unchanged 3 invitations 2 errors 0" // ugo and eva; anna is invited, known a user
		if got, real := counts(dry), counts(w.good(in)); got != want || real != want {
			t.Errorf("dry run: %s\nimport:  %s\nwant     %s", got, real, want)
		}
	})
}
