package accounts_test

import (
	"errors"
	"reflect"
	"testing"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

func TestSaveOrganization(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		o := example
		o.Tenant = &accounts.Tenant{Name: "Esempio", PrimaryDomain: "Esempio.Example", ID: "3F2504E0-4F89-41D3-9A0C-0305E82C3301"}
		id, changed := w.organization(o)
		if !changed {
			t.Error("a new organization is a change")
		}
		if again, changed := w.organization(o); again != id || changed {
			t.Errorf("the same again: %s, changed %t", again, changed)
		}
		o.LegalName, o.Tenant = "Esempio Nuovo S.p.A.", nil
		if again, changed := w.organization(o); again != id || !changed {
			t.Errorf("a new name: %s, changed %t", again, changed)
		}
		want := o
		want.ID = id
		want.Tenant = &accounts.Tenant{Name: "Esempio", PrimaryDomain: "esempio.example", ID: "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}
		w.write(func(tx *db.Tx) error {
			byID, err := w.OrganizationTx(tx, id)
			byCode, err2 := w.OrganizationByCodeTx(tx, "ORG-1")
			if !reflect.DeepEqual(byID, want) || !reflect.DeepEqual(byCode, want) {
				t.Errorf("recorded %+v and %+v, want %+v", byID, byCode, want)
			}
			return errors.Join(err, err2)
		})
		if n := w.number("SELECT count(*) FROM audit_records WHERE action IN ('organizations.recorded', 'organizations.changed')"); n != 2 {
			t.Errorf("%d audit records, want 2", n)
		}
	})
}

func TestOrganizationsThatAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := example
		first.Tenant = &accounts.Tenant{Name: "Esempio", PrimaryDomain: "esempio.example", ID: "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}
		w.organization(first)
		other := func(change func(o *accounts.Organization)) accounts.Organization {
			o := accounts.Organization{Code: "ORG-2", LegalName: "Other", Country: "DE", Segment: "education",
				Tenant: &accounts.Tenant{Name: "Other", PrimaryDomain: "other.example", ID: "3f2504e0-4f89-41d3-9a0c-0305e82c3302"}}
			change(&o)
			return o
		}
		for name, c := range map[string]struct {
			o    accounts.Organization
			want string // code, or the field
		}{
			"good":                   {other(func(*accounts.Organization) {}), ""},
			"another country":        {other(func(o *accounts.Organization) { o.Code = "ORG-1" }), "accounts.country_fixed"},
			"tenant of another":      {other(func(o *accounts.Organization) { o.Tenant.ID = first.Tenant.ID }), "accounts.tenant_taken"},
			"domain of another":      {other(func(o *accounts.Organization) { o.Tenant.PrimaryDomain = "Esempio.example" }), "accounts.domain_taken"},
			"no code":                {other(func(o *accounts.Organization) { o.Code = " " }), "code"},
			"no name":                {other(func(o *accounts.Organization) { o.LegalName = "" }), "legal_name"},
			"a name of two lines":    {other(func(o *accounts.Organization) { o.LegalName = "a\nb" }), "legal_name"},
			"no country":             {other(func(o *accounts.Organization) { o.Country = "" }), "country"},
			"a region, not country":  {other(func(o *accounts.Organization) { o.Country = "ZZ" }), "country"},
			"no time zone of ours":   {other(func(o *accounts.Organization) { o.TimeZone = "Mars/Olympus" }), "time_zone"},
			"the machine's own zone": {other(func(o *accounts.Organization) { o.TimeZone = "Local" }), "time_zone"},
			"a strange segment":      {other(func(o *accounts.Organization) { o.Segment = "royal" }), "segment"},
			"no GUID":                {other(func(o *accounts.Organization) { o.Tenant.ID = "1" }), "tenant/id"},
			"no domain":              {other(func(o *accounts.Organization) { o.Tenant.PrimaryDomain = "x" }), "tenant/primary_domain"},
		} {
			err := w.db.Write(t.Context(), func(tx *db.Tx) error {
				if _, _, err := w.SaveOrganizationTx(tx, audit.Itself(), c.o); err != nil {
					return err
				}
				return errRollback
			})
			got := ""
			if e, ok := errors.AsType[*errs.Error](err); ok {
				if got = e.Code; len(e.Fields) == 1 {
					got = e.Fields[0].Pointer
				}
			} else if !errors.Is(err, errRollback) {
				t.Errorf("%s: %v", name, err)
			}
			if got != c.want {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
	})
}

var errRollback = errors.New("rolled back")
