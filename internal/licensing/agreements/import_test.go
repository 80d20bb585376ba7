package agreements_test

import (
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/errs"
)

const family = `
  {"level": "master", "number": "M-5", "contacts": [{"type": "primary", "email": "capo@example.com"}]},
  {"level": "parent", "number": "P-77", "program": "enterprise", "master": "M-5"},
  {"licensing_id": "E-1001", "program": "enterprise", "organization": "ORG-1", "partner": "PAR-1", "parent": "P-77", "start": "2023-01-01", "end": "2025-12-31",
   "agreement_number": "A-1", "enrollment_number": "N-1", "authorization_number": "Z-1", "owner_id": "O-1",
   "contacts": [{"type": "primary", "email": "Anna@Example.com", "first_name": "Anna", "last_name": "Neri"},
     {"type": "software_assurance_manager", "email": "anna@example.com"}, {"type": "notices", "email": "ugo@example.com"},
     {"type": "partner", "email": "rete@example.com", "last_name": "Verdi"}]},
  {"level": "licensing_id", "licensing_id": "E-1002", "program": "enterprise", "organization": "ORG-1", "master": "M-5", "predecessor": "E-1001"},
  {"licensing_id": "O-1", "program": "open-license", "organization": "ORG-2", "contacts": [{"type": "ordering", "email": "ordini@example.com"}]},
  {"licensing_id": "X-1", "program": "products-and-services", "organization": "ORG-1"}`

func TestImportIsRepeatable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		dry, err := w.Import(t.Context(), audit.Itself(), "f", strings.NewReader(file(family)), true)
		if err != nil {
			t.Fatal(err)
		}
		const first = "rows 9 created 9 changed 0 unchanged 0 invitations 2 errors 0"
		if got := counts(dry); got != first || w.everything() != 0 {
			t.Errorf("dry run: %s, want %s; %d rows", got, first, w.everything())
		}
		if got := counts(w.take(file(family))); got != first {
			t.Errorf("first: %s, want %s", got, first)
		}
		if n := w.number("SELECT count(*) FROM role_grants"); n != 3 {
			t.Errorf("%d roles were given, want 3", n)
		}
		rows := w.everything()
		if got, want := counts(w.take(file(family))), "rows 9 created 0 changed 0 unchanged 9 invitations 0 errors 0"; got != want || w.everything() != rows {
			t.Errorf("again: %s, want %s; %d rows, want %d", got, want, w.everything(), rows)
		}
		if n := w.number("SELECT count(*) FROM audit_records WHERE action = 'imports.published'"); n != 2 {
			t.Errorf("%d audit records of imports, want 2", n)
		}
		l := w.licensing("E-1001")
		if l.AgreementNumber+l.EnrollmentNumber+l.AuthorizationNumber+l.OwnerID != "A-1N-1Z-1O-1" || l.Version != 1 || l.Start.String() != "2023-01-01" {
			t.Errorf("E-1001 is %+v", l)
		}
	})
}

func TestAChangedRowBecomesARevision(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(file(family))
		w.good(`{"agreements": [{"licensing_id": "E-1001", "program": "enterprise", "organization": "ORG-1", "end": "2026-12-31"}]}`)
		l := w.licensing("E-1001")
		if l.Version != 2 || l.End.String() != "2026-12-31" || l.Partner != "" || l.Parent != "" || l.AgreementNumber != "" {
			t.Errorf("E-1001 is %+v", l)
		}
		if n := w.number("SELECT count(*) FROM agreement_revisions WHERE subject_id = $1", l.ID); n != 2 {
			t.Errorf("%d revisions, want 2", n)
		}
		if n := w.number("SELECT count(*) FROM contacts WHERE subject_id = $1", l.ID); n != 4 {
			t.Errorf("a row without contacts left %d contacts, want 4", n)
		}
	})
}

func TestContactsAreRevisionsThatGiveRolesOnce(t *testing.T) {
	t.Parallel()
	row := func(contacts string) string {
		return `{"agreements": [{"licensing_id": "O-1", "program": "open-license", "organization": "ORG-2", "contacts": [` + contacts + `]}]}`
	}
	const anna, ugo = `{"type": "primary", "email": "anna@example.com"}`, `{"type": "primary", "email": "ugo@example.com"}`
	each(t, func(t *testing.T, w *world) {
		w.good(file(family))
		steps := []struct {
			contacts, want string
			grants         int
		}{
			{anna, "rows 1 created 0 changed 1 unchanged 0 invitations 0 errors 0", 1}, // invited for E-1001 already
			{ugo, "rows 1 created 0 changed 1 unchanged 0 invitations 0 errors 0", 2},
			{anna, "rows 1 created 0 changed 1 unchanged 0 invitations 0 errors 0", 2},
			{anna, "rows 1 created 0 changed 0 unchanged 1 invitations 0 errors 0", 2},
			{`{"type": "subscriptions_manager", "email": "eva@example.com"}`, "rows 1 created 0 changed 1 unchanged 0 invitations 1 errors 0", 3},
		}
		lid := w.licensing("O-1").ID
		for i, step := range steps {
			if got := counts(w.good(row(step.contacts))); got != step.want {
				t.Errorf("step %d: %s, want %s", i, got, step.want)
			}
			if n := w.number("SELECT count(*) FROM role_grants WHERE licensing_id = $1", lid); n != step.grants {
				t.Errorf("step %d: %d roles, want %d", i, n, step.grants)
			}
		}
		details, err := w.Details(t.Context(), audit.Itself(), lid)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range details.Contacts {
			got = append(got, string(c.Type)+" "+c.Address)
		}
		if want := []string{"primary anna@example.com", "subscriptions_manager eva@example.com", "ordering ordini@example.com"}; !slices.Equal(got, want) {
			t.Errorf("contacts %q, want %q", got, want)
		}
	})
}

func TestImportNamesEveryProblem(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, rows, want string }{
		{"unknown level", `{"level": "child", "licensing_id": "N", "program": "enterprise", "organization": "ORG-1"}`, "level agreements.level_unknown"},
		{"no number", `{"program": "enterprise", "organization": "ORG-1"}`, "licensing_id feed.missing"},
		{"no program", `{"licensing_id": "N", "organization": "ORG-1"}`, "program feed.missing"},
		{"no organization", `{"licensing_id": "N", "program": "enterprise"}`, "organization feed.missing"},
		{"unknown field", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "colour": "red"}`, "colour feed.member_unknown"},
		{"wrong type", `{"licensing_id": 7, "program": "enterprise", "organization": "ORG-1"}`, "licensing_id feed.not_text"},
		{"unknown program", `{"licensing_id": "N", "program": "gold", "organization": "ORG-1"}`, "program agreements.program_unknown"},
		{"unknown organization", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-9"}`, "organization agreements.organization_unknown"},
		{"unknown partner", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "partner": "PAR-9"}`, "partner agreements.partner_unknown"},
		{"unknown parent", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "parent": "M-5"}`, "parent agreements.parent_unknown"},
		{"unknown master", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "master": "P-77"}`, "master agreements.master_unknown"},
		{"unknown predecessor", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "predecessor": "Q"}`, "predecessor agreements.predecessor_unknown"},
		{"bad date", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "end": "31.12.2025"}`, "end feed.not_date"},
		{"end before start", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "start": "2025-01-02", "end": "2025-01-01"}`, "end agreements.dates_reversed"},
		{"a parent of itself", `{"level": "parent", "number": "L", "parent": "L"}`, "parent agreements.reference_not_allowed"},
		{"a master below itself", `{"level": "master", "number": "L", "master": "L"}`, "master agreements.reference_not_allowed"},
		{"renews itself", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "predecessor": "N"}`, "predecessor agreements.predecessor_loop"},
		{"renews itself by a stored one", `{"licensing_id": "E-1001", "program": "enterprise", "organization": "ORG-1", "predecessor": "E-1002"}`, "predecessor agreements.predecessor_loop"},
		{"a master above Open License", `{"licensing_id": "N", "program": "open-license", "organization": "ORG-1", "master": "M-5"}`, "master agreements.master_not_allowed"},
		{"a master above Open Value, by its parent", `{"licensing_id": "N", "program": "open-value", "organization": "ORG-1", "parent": "P-77"}`, "parent agreements.master_not_allowed"},
		{"another master than the parent's", `{"level": "master", "number": "M-6"}, {"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "parent": "P-77", "master": "M-6"}`,
			"master agreements.master_differs"},
		{"another program", `{"licensing_id": "E-1001", "program": "select", "organization": "ORG-1"}`, "program agreements.program_fixed"},
		{"another organization", `{"licensing_id": "E-1001", "program": "enterprise", "organization": "ORG-2"}`, "organization agreements.organization_fixed"},
		{"two rows that differ", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1"}, {"licensing_id": "N", "program": "select", "organization": "ORG-1"}`,
			"licensing_id feed.row_twice"},
		{"unknown contact type", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "contacts": [{"type": "friend", "email": "a@example.com"}]}`,
			"contacts[0].type agreements.contact_type_unknown"},
		{"broken address", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "contacts": [{"type": "primary", "email": "nobody"}]}`,
			"contacts[0].email access.address"},
		{"a name too long", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "contacts": [{"type": "primary", "email": "a@example.com", "last_name": "` +
			strings.Repeat("n", 101) + `"}]}`, "contacts[0].last_name accounts.name"},
		{"no address", `{"licensing_id": "N", "program": "enterprise", "organization": "ORG-1", "contacts": [{"type": "primary"}]}`, "contacts[0].email feed.missing"},
	}
	each(t, func(t *testing.T, w *world) {
		w.good(file(family))
		rows := w.everything()
		for _, c := range cases {
			// A good row beside the bad one shows nothing either.
			report := w.take("{\"agreements\": [{\"licensing_id\": \"GOOD\", \"program\": \"enterprise\", \"organization\": \"ORG-1\"},\n" + c.rows + "]}")
			if len(report.Errors) != 1 || !strings.HasSuffix(told(t, report)[0], "]."+c.want) || report.Errors[0].Line != 2 || report.Errors[0].Column < 1 {
				t.Errorf("%s: %q, want one ending in %s on line 2", c.name, told(t, report), c.want)
			}
			if n := w.everything(); n != rows {
				t.Fatalf("%s: %d rows are stored, want %d", c.name, n, rows)
			}
		}
	})
}

func TestAStoredChildKeepsANewMasterAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(file(`{"level": "parent", "number": "P-1"}, {"licensing_id": "O-1", "program": "open-license", "organization": "ORG-1", "parent": "P-1"}`))
		report := w.take("{\"agreements\": [{\"level\": \"master\", \"number\": \"M-1\"}, {\"level\": \"parent\", \"number\": \"P-1\", \"master\": \"M-1\"}]}")
		if got := told(t, report); !slices.Equal(got, []string{"1:102 agreements[1].master agreements.master_not_allowed"}) {
			t.Errorf("got %q", got)
		}
	})
}

func TestOrganizationsAreNamedByPlace(t *testing.T) {
	t.Parallel()
	const bad = `{"organizations": [
 {"code": "A", "legal_name": "A", "country": "XX", "time_zone": "Mars/Base", "segment": "gold"},
 {"code": "B", "legal_name": "B", "country": "IT", "segment": "commercial", "tenant": {"name": "B", "primary_domain": "b", "id": "7"}},
 {"code": "C", "legal_name": "C", "country": "IT", "segment": "commercial"}, {"code": "C", "legal_name": "D", "country": "IT", "segment": "commercial"},
 {"code": "ORG-1", "legal_name": "Alba", "country": "FR", "segment": "commercial"}],
 "partners": [{"code": "P"}, {"code": "Q", "name": "1"}, {"code": "Q", "name": "2"}]}`
	want := []string{
		"2:46 organizations[0].country accounts.country",
		"2:65 organizations[0].time_zone accounts.time_zone",
		"2:89 organizations[0].segment accounts.segment",
		"3:119 organizations[1].tenant.primary_domain access.domain",
		"3:130 organizations[1].tenant.id accounts.tenant_id",
		"4:87 organizations[3].code feed.row_twice",
		"5:53 organizations[4].country accounts.country_fixed",
		"6:15 partners[0].name feed.missing",
		"6:67 partners[2].code feed.row_twice",
	}
	each(t, func(t *testing.T, w *world) {
		w.good(file(family))
		if got := told(t, w.take(bad)); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestImportIsForOperators(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, actor := range []audit.Actor{audit.Nobody("r"), w.person("anna@example.com")} {
			_, err := w.Import(t.Context(), actor, "f", strings.NewReader(file(family)), false)
			if kind := errs.KindOf(err); kind != errs.Unauthenticated && kind != errs.Denied {
				t.Errorf("%s: %v", actor.Kind, err)
			}
		}
		if n := w.number("SELECT count(*) FROM licensing_ids"); n != 0 {
			t.Errorf("%d Licensing IDs are stored", n)
		}
	})
}
