package agreements_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

func TestProgramsAreTheTable(t *testing.T) {
	t.Parallel()
	want := []string{
		"enterprise enrollment true whole per_pool yes true coverage_start true false",
		"enterprise-subscription enrollment true whole per_pool yes true coverage_start true false",
		"enterprise-government-partners enrollment true whole per_pool yes true coverage_start true false",
		"select enrollment true whole per_pool_forecast yes false coverage_start true false academic:education:false",
		"select-plus public_customer_number true whole per_pool yes false coverage_start true false academic:education:false",
		"campus enrollment true whole per_pool yes false coverage_start false false",
		"school enrollment true whole per_pool yes false coverage_start false false",
		"open-value agreement false purchased per_purchase by_exception false coverage_start true false",
		"open-value-subscription agreement false purchased per_purchase by_exception false coverage_start true false education-solutions:education:false",
		"open-license license false purchased per_purchase by_exception false order_processed false false academic:education:false charity:charity:false",
		"products-and-services none false not_shown not_shown none false not_shown false true",
	}
	each(t, func(t *testing.T, w *world) {
		all, err := w.Programs(t.Context(), audit.Itself())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range all {
			s := fmt.Sprint(p.Code, " ", p.LicensingIDIs, " ", p.MasterAbove, " ", p.DownloadCatalog, " ", p.KeysGiven, " ", p.KMSHostKey, " ", p.Reservations, " ", p.VisibleFrom, " ", p.WebSupport, " ", p.ManagedElsewhere)
			for _, v := range p.Variants {
				s += fmt.Sprintf(" %s:%s:%v", v.Code, v.Segment, v.WebSupport)
			}
			if got = append(got, s); p.ShownOnOrder() != (p.Code == "open-license") {
				t.Errorf("%s shows lines on order: %v", p.Code, p.ShownOnOrder())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
		if p, v := all[3].For("education"); p.WebSupport || v.Code != "academic" {
			t.Errorf("Academic Select: %+v %+v", p, v)
		}
		if _, err := w.Programs(t.Context(), audit.Nobody("r")); errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("anonymous: %v", err)
		}
	})
}

func TestRelationshipShowsWhatOneMaySee(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(file(family))
		anna, stranger := w.person("anna@example.com"), w.person("stranger@example.com")
		cases := []struct {
			name  string
			actor audit.Actor
			f     agreements.Filter
			want  []string
			next  string
		}{
			{"everything", audit.Itself(), agreements.Filter{Inactive: true}, []string{"E-1001", "E-1002", "O-1"}, ""},
			{"active ones", audit.Itself(), agreements.Filter{}, []string{"E-1002", "O-1"}, ""},
			{"a first page", audit.Itself(), agreements.Filter{Inactive: true, Limit: 2}, []string{"E-1001", "E-1002"}, "E-1002"},
			{"a last page", audit.Itself(), agreements.Filter{Inactive: true, Limit: 2, After: "E-1002"}, []string{"O-1"}, ""},
			{"search by number", audit.Itself(), agreements.Filter{Inactive: true, Search: "e-10"}, []string{"E-1001", "E-1002"}, ""},
			{"search by name", audit.Itself(), agreements.Filter{Search: "SCUOLA"}, []string{"O-1"}, ""},
			{"search by partner", audit.Itself(), agreements.Filter{Inactive: true, Search: "rete"}, []string{"E-1001"}, ""},
			{"Anna", anna, agreements.Filter{Inactive: true}, []string{"E-1001"}, ""},
			{"a stranger", stranger, agreements.Filter{Inactive: true}, nil, ""},
		}
		for _, c := range cases {
			if got, next := w.numbers(c.actor, c.f); !slices.Equal(got, c.want) || next != c.next {
				t.Errorf("%s: %q then %q, want %q then %q", c.name, got, next, c.want, c.next)
			}
		}
		for _, cursor := range []string{"E\x00", "\xff"} {
			if _, _, err := w.Relationship(t.Context(), anna, agreements.Filter{After: cursor}); errs.CodeOf(err) != "request.cursor" {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
		if _, _, err := w.Relationship(t.Context(), audit.Nobody("r"), agreements.Filter{}); errs.KindOf(err) != errs.Unauthenticated {
			t.Errorf("anonymous: %v", err)
		}
	})
}

func TestInactiveFromMidnightOfTheOrganization(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(file(`{"licensing_id": "ROME", "program": "select", "organization": "ORG-1", "end": "2026-03-31"},
			{"licensing_id": "UTC", "program": "select", "organization": "ORG-2", "end": "2026-03-31"}`))
		steps := []struct {
			at   time.Time
			want []string
		}{
			{time.Date(2026, 3, 31, 21, 59, 59, 0, time.UTC), []string{"ROME", "UTC"}},
			{time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC), []string{"UTC"}}, // midnight in Rome, summer time
			{time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), nil},
		}
		for _, step := range steps {
			w.clk.Advance(step.at.Sub(w.clk.Now()))
			if got, _ := w.numbers(audit.Itself(), agreements.Filter{}); !slices.Equal(got, step.want) {
				t.Errorf("at %v: %q, want %q", step.at, got, step.want)
			}
		}
	})
}

func TestDetails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(file(family))
		anna := w.person("anna@example.com")
		d, err := w.Details(t.Context(), anna, w.licensing("E-1001").ID)
		if err != nil {
			t.Fatal(err)
		}
		var contacts []string
		for _, c := range d.Contacts {
			contacts = append(contacts, fmt.Sprint(c.Type, " ", c.Address, " ", c.Organization))
		}
		want := []string{"primary anna@example.com ", "notices ugo@example.com ", "software_assurance_manager anna@example.com ", "partner rete@example.com Rete"}
		if !slices.Equal(contacts, want) {
			t.Errorf("contacts %q, want %q", contacts, want)
		}
		if d.SuccessorNumber != "" || d.PredecessorNumber != "" || d.OrganizationName != "Alba" || d.PartnerName != "Rete" || d.IsActive {
			t.Errorf("details %+v: Anna may not know of what renews E-1001", d)
		}
		if d.Parent == nil || d.Parent.Number != "P-77" || !slices.Equal(d.Parent.Related, []string{"E-1001"}) {
			t.Errorf("parent %+v", d.Parent)
		}
		if d.Master == nil || d.Master.Number != "M-5" || len(d.Master.Contacts) != 1 || !slices.Equal(d.Master.Related, []string{"E-1001"}) {
			t.Errorf("master %+v: Anna sees E-1001 alone below it", d.Master)
		}
		all, err := w.Details(t.Context(), audit.Itself(), w.licensing("E-1002").ID)
		if err != nil || all.PredecessorNumber != "E-1001" || all.Parent != nil || !slices.Equal(all.Master.Related, []string{"E-1001", "E-1002"}) {
			t.Errorf("E-1002: %+v, %v", all, err)
		}
		for name, number := range map[string]string{"another's": "E-1002", "managed elsewhere": "X-1"} {
			if _, err := w.Details(t.Context(), anna, w.licensing(number).ID); errs.CodeOf(err) != "licensing_ids.unknown" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.Details(t.Context(), audit.Itself(), w.licensing("X-1").ID); errs.CodeOf(err) != "licensing_ids.unknown" {
			t.Errorf("managed elsewhere: %v", err)
		}
		err = w.db.Read(t.Context(), func(tx *db.Tx) error {
			_, err := w.ByNumberTx(tx, "NONE")
			return err
		})
		if errs.CodeOf(err) != "licensing_ids.unknown" {
			t.Errorf("an unknown number: %v", err)
		}
	})
}

// TestRenewalsShowToWhoMaySeeThem: the number of another customer's Licensing ID, or of one managed elsewhere, is nobody's business.
func TestRenewalsShowToWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(file(`{"licensing_id": "X-1", "program": "products-and-services", "organization": "ORG-1"},
			{"licensing_id": "OLD", "program": "select", "organization": "ORG-2", "predecessor": "X-1", "contacts": [{"type": "primary", "email": "ugo@example.com"}]},
			{"licensing_id": "NEW", "program": "select", "organization": "ORG-1", "predecessor": "OLD", "contacts": [{"type": "primary", "email": "anna@example.com"}]},
			{"licensing_id": "NEXT", "program": "select", "organization": "ORG-1", "predecessor": "NEW", "contacts": [{"type": "primary", "email": "anna@example.com"}]}`))
		anna, ugo := w.person("anna@example.com"), w.person("ugo@example.com")
		for _, c := range []struct {
			actor              audit.Actor
			number, renews, by string
		}{
			{anna, "NEW", "", "NEXT"}, {anna, "NEXT", "NEW", ""}, {ugo, "OLD", "", ""}, {audit.Itself(), "NEW", "OLD", "NEXT"}, {audit.Itself(), "OLD", "", "NEW"},
		} {
			d, err := w.Details(t.Context(), c.actor, w.licensing(c.number).ID)
			if err != nil || d.PredecessorNumber != c.renews || d.SuccessorNumber != c.by {
				t.Errorf("%s: %s renews %q and is renewed by %q, %v; want %q and %q", c.actor.ID, c.number, d.PredecessorNumber, d.SuccessorNumber, err, c.renews, c.by)
			}
		}
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(file(family))
		anna := w.person("anna@example.com")
		for number, want := range map[string]string{"E-1001": "", "E-1002": "licensing_ids.unknown", "NONE": "licensing_ids.unknown", "E-1001\x00": "licensing_ids.unknown", "\xff": "licensing_ids.unknown"} {
			id, err := w.Find(t.Context(), anna, number)
			if errs.CodeOf(err) != want && err != nil || (id == w.licensing("E-1001").ID) != (want == "") {
				t.Errorf("%q: %q, %v", number, id, err)
			}
		}
		for _, actor := range []audit.Actor{audit.Itself(), anna} { // managed elsewhere
			if id, err := w.Find(t.Context(), actor, "X-1"); id != "" || errs.CodeOf(err) != "licensing_ids.unknown" {
				t.Errorf("managed elsewhere: %q, %v", id, err)
			}
		}
	})
}
