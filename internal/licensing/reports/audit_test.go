package reports_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

const (
	ours   = ids.ID("01arz3ndektsv4rrffq69g5fa1")
	theirs = ids.ID("01arz3ndektsv4rrffq69g5fa2")
	admin  = ids.ID("01arz3ndektsv4rrffq69g5fb1")
	viewer = ids.ID("01arz3ndektsv4rrffq69g5fb2")
	staff  = ids.ID("01arz3ndektsv4rrffq69g5fb3")
)

func user(id ids.ID) audit.Actor { return audit.Actor{Kind: audit.User, ID: id, Request: "req"} }

// people makes an Administrator of ours, an Information Viewer of it, a member of staff, and what happened to both Licensing IDs and to neither.
func people(t *testing.T, d *db.DB, gates *access.Service) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, u := range []struct {
			id    ids.ID
			staff access.Staff
		}{{admin, ""}, {viewer, ""}, {staff, access.Support}} {
			if _, err := tx.Exec("INSERT INTO users (id, first_name, last_name, language, staff, created_at) VALUES ($1, 'A', 'B', 'en', $2, 1)", u.id, string(u.staff)); err != nil {
				return err
			}
			if _, err := tx.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, 1)", string(u.id)+"@example.com", u.id); err != nil {
				return err
			}
		}
		organization := tx.NewID()
		if _, err := tx.Exec("INSERT INTO organizations (id, code, legal_name, country, time_zone, segment, recorded_at, version) VALUES ($1, 'O', 'Example', 'IT', 'UTC', 'commercial', 1, 1)", organization); err != nil {
			return err
		}
		for _, lid := range []ids.ID{ours, theirs} {
			_, err := tx.Exec(`INSERT INTO licensing_ids (id, number, number_folded, program, organization_id, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at)
				VALUES ($1, $2, lower($2), 'enterprise', $3, '', '', '', '', '', '', 1, 1, 1)`, lid, "E-"+string(lid), organization)
			if err != nil {
				return err
			}
		}
		for _, grant := range []access.ContactGrant{
			{Address: string(admin) + "@example.com", Licensing: ours, Roles: []access.Role{access.Administrator}, Ref: "a"},
			{Address: string(viewer) + "@example.com", Licensing: ours, Roles: []access.Role{access.LicensingInfoViewer}, Ref: "b"},
		} {
			if _, err := gates.GrantFromContactTx(tx, audit.Itself(), grant); err != nil {
				return err
			}
		}
		return audit.Record(tx, audit.Itself(), audit.Event{Action: "test.ours", LicensingID: ours}, audit.Event{Action: "test.theirs", LicensingID: theirs}, audit.Event{Action: "test.nobodys"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAuditTrailShowsEverybodyTheirOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		gates := access.New(d)
		people(t, d, gates)
		s := reports.New(gates, nil, nil, nil)
		for _, test := range []struct {
			name  string
			actor audit.Actor
			on    ids.ID
			want  string // the actions, or the error's code
		}{
			{"administrator", user(admin), "", "test.ours"},
			{"administrator on its own", user(admin), ours, "test.ours"},
			{"administrator on another's", user(admin), theirs, "licensing_ids.unknown"},
			{"administrator on none", user(admin), "01arz3ndektsv4rrffq69g5fa9", "licensing_ids.unknown"},
			{"viewer", user(viewer), "", "access.role_nowhere"},
			{"viewer on its own", user(viewer), ours, "access.role_missing"},
			{"staff", user(staff), "", "test.nobodys test.ours test.theirs"},
			{"staff on one", user(staff), theirs, "test.theirs"},
			{"nobody", audit.Nobody("req"), "", "access.sign_in"},
			{"nobody on one", audit.Nobody("req"), ours, "access.sign_in"},
		} {
			entries, more, err := s.AuditTrail(t.Context(), test.actor, audit.Filter{LicensingID: test.on, Action: "test."})
			got := errs.CodeOf(err)
			if err == nil {
				var actions []string
				for _, e := range entries {
					actions = append(actions, e.Action)
				}
				slices.Sort(actions)
				got = strings.Join(actions, " ")
			}
			if got != test.want || more {
				t.Errorf("%s: got %q, more %v; want %q", test.name, got, more, test.want)
			}
		}
		var reads int
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Row("SELECT count(*) FROM audit_records WHERE action = 'customers.read' AND actor_id = $1", staff).Scan(&reads)
		})
		if err != nil || reads != 2 {
			t.Errorf("%d readings by staff on record, want 2 (%v)", reads, err)
		}
	})
}

func TestAuditTrailPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		gates := access.New(d)
		people(t, d, gates)
		const all = 253
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			events := make([]audit.Event, all)
			for i := range events {
				events[i] = audit.Event{Action: "page.record", Object: fmt.Sprint(i), LicensingID: ours}
			}
			return audit.Record(tx, audit.Itself(), events...)
		})
		if err != nil {
			t.Fatal(err)
		}
		for limit, want := range map[int]int{0: 50, 100: 100, 10_000: 200} {
			f, seen := audit.Filter{Action: "page.", Limit: limit}, map[string]bool{}
			for more := true; more; {
				var page []reports.Record
				page, more, err = reports.New(gates, nil, nil, nil).AuditTrail(t.Context(), user(admin), f)
				if err != nil || len(page) != min(want, all-len(seen)) {
					t.Fatalf("limit %d: a page of %d, %v", limit, len(page), err)
				}
				for _, e := range page {
					seen[e.Object] = true
				}
				f.After = page[len(page)-1].ID
			}
			if len(seen) != all {
				t.Errorf("limit %d: %d records seen, want %d", limit, len(seen), all)
			}
		}
	})
}

// TestAuditTrailNamesPeopleAndNumbers: they are looked up when a record is shown, so that the log itself holds ids alone.
func TestAuditTrailNamesPeopleAndNumbers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		gates := access.New(d)
		people(t, d, gates)
		gone := ids.ID("01arz3ndektsv4rrffq69g5fb9")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec("UPDATE users SET first_name = 'Anna', last_name = 'Verdi' WHERE id = $1", admin); err != nil {
				return err
			}
			for name, actor := range map[string]audit.Actor{"admin": user(admin), "staff": user(staff), "gone": user(gone), "job": {Kind: audit.Job, ID: admin}} {
				if err := audit.Record(tx, actor, audit.Event{Action: "named." + name, LicensingID: ours}); err != nil {
					return err
				}
			}
			return audit.Record(tx, user(admin), audit.Event{Action: "named.nothing"})
		})
		if err != nil {
			t.Fatal(err)
		}
		records, _, err := reports.New(gates, nil, nil, nil).AuditTrail(t.Context(), user(staff), audit.Filter{Action: "named."})
		got := map[string]string{}
		for _, r := range records {
			got[r.Action] = fmt.Sprintf("%s|%s|%s", r.ActorName, r.ActorStaff, r.LicensingNumber)
		}
		number := "E-" + string(ours)
		want := map[string]string{"named.admin": "Anna Verdi||" + number, "named.staff": "A B|support|" + number, "named.gone": "||" + number, "named.job": "||" + number,
			"named.nothing": "Anna Verdi||"}
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("got %v, %v\nwant %v", got, err, want)
		}
	})
}

func TestAuditTrailRefusesWhatNoDatabaseHolds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		gates := access.New(d)
		people(t, d, gates)
		s := reports.New(gates, nil, nil, nil)
		for _, bad := range []string{"\x00", "\xff", "aud_01arz3ndektsv4rrffq69g5fa1"} {
			if _, _, err := s.AuditTrail(t.Context(), user(admin), audit.Filter{After: ids.ID(bad)}); errs.CodeOf(err) != "request.cursor" {
				t.Errorf("cursor %q: %v", bad, err)
			}
			for _, f := range []audit.Filter{{Object: bad}, {Action: bad}, {Actor: ids.ID(bad)}} {
				if list, more, err := s.AuditTrail(t.Context(), user(admin), f); len(list) != 0 || more || err != nil {
					t.Errorf("%+v: %d records, %v", f, len(list), err)
				}
			}
		}
	})
}
