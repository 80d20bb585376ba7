package openlicense_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/licensing/requests/requeststest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// The Open Licenses of the world: two of Alba, one of Borealis.
const (
	first, firstNumber   = "61000001", "90000001ZZE2801"
	second, secondNumber = "61000002", "90000002ZZE2801"
	other, otherNumber   = "62000001", "91000001ZZE2801"
)

type world struct {
	*requeststest.World
	*openlicense.Service
	dario audit.Actor // of Alba, with a small role on its first Open License
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	requeststest.Each(t, func(t *testing.T, base *requeststest.World) {
		s := openlicense.New(openlicense.Needs{DB: base.DB, Access: base.Access, Accounts: base.Accounts, Agreements: base.Agreements, Notify: base.Notify,
			Queue: base.Queue, BaseURL: requeststest.BaseURL})
		base.Access.Tell(s)
		base.Give("dario@alba.example", first, access.Download)
		test(t, &world{base, s, base.Person("dario@alba.example", "Dario", "Conti")})
	})
}

func pair(license, authorization string) openlicense.Submission {
	return openlicense.Submission{License: license, Authorization: authorization, Acknowledged: true}
}

func (w *world) add(t *testing.T, actor audit.Actor, sub openlicense.Submission) openlicense.Addition {
	t.Helper()
	a, err := w.Add(t.Context(), actor, sub)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fails wants an error of a code.
func (w *world) fails(t *testing.T, want string, actor audit.Actor, sub openlicense.Submission) {
	t.Helper()
	if a, err := w.Add(t.Context(), actor, sub); errs.CodeOf(err) != want || a != (openlicense.Addition{}) {
		t.Errorf("%+v, %v; want %s", a, err, want)
	}
}

// TestTheTwoNumbersGiveTheLimitedSetAtOnce, once, on the record, with mails (OPEN-01, OPEN-02, OPEN-05 to OPEN-08, OPEN-14; N09).
func TestTheTwoNumbersGiveTheLimitedSetAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.add(t, w.dario, pair(" "+other+" ", strings.ToLower(otherNumber)))
		for action, may := range map[access.Action]bool{access.ViewReports: true, access.ViewKeys: true, access.ManageUsers: false, access.SeeMachines: true, access.ReadAudit: false} {
			if err := w.May(w.dario, action, other); (err == nil) != may {
				t.Errorf("%s: %v", action, err)
			}
		}
		grants, err := w.Access.ListRoles(t.Context(), w.Bruno, w.ID(other))
		var got []string
		for _, g := range grants {
			if g.Address == "dario@alba.example" && g.Source == access.OpenLicense && g.Until.IsZero() {
				got = append(got, string(g.Role))
			}
		}
		if want := "download licensing_info_viewer product_keys subscriptions_manager"; err != nil || strings.Join(got, " ") != want {
			t.Errorf("%v, %v", got, err)
		}
		mails := w.Mails(notify.OpenLicenseAdded, notify.OpenLicenseUsed)
		if len(mails) != 2 || mails[0].To != "bruno@borealis.example" || mails[0].Event != notify.OpenLicenseUsed || mails[0].Params["person"] != "Dario Conti" ||
			mails[0].Params["email"] != "dario@alba.example" || mails[1].To != "dario@alba.example" || mails[1].Event != notify.OpenLicenseAdded {
			t.Errorf("mails %+v", mails)
		}
		w.fails(t, "openlicense.held", w.dario, pair(other, otherNumber))
		w.fails(t, "openlicense.held", w.Anna, pair(first, firstNumber)) // an Administrator gets nothing beside it
		for _, body := range append(w.Recorded("openlicense.added"), w.Recorded("users.named")...) {
			if strings.Contains(strings.ToUpper(body), otherNumber) || strings.Contains(body, "@") || strings.Contains(body, "Dario") {
				t.Errorf("on record: %s", body)
			}
		}
	})
}

// TestWhoMayUseItAndWhatIsAsked (OPEN-03, OPEN-04, OPEN-06).
func TestWhoMayUseItAndWhatIsAsked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.fails(t, "openlicense.none_held", w.Person("elena@alba.example", "Elena", "Riva"), pair(first, firstNumber))
		w.fails(t, "openlicense.none_held", w.Olga, pair(first, firstNumber))
		w.fails(t, "access.sign_in", audit.Nobody("req"), pair(first, firstNumber))
		w.Give("ugo@alba.example", first, access.Download)
		ugo := w.Person("ugo@alba.example", "", "")
		for _, x := range []struct {
			sub    openlicense.Submission
			fields string
		}{
			{openlicense.Submission{}, "license_number authorization_number first_name last_name acknowledged"},
			{openlicense.Submission{License: second, Authorization: secondNumber, Names: accounts.Names{First: "Ugo", Last: "Neri"}}, "acknowledged"},
			{openlicense.Submission{License: second, Authorization: secondNumber, Acknowledged: true, Names: accounts.Names{First: "Ugo"}}, "last_name"},
			{openlicense.Submission{License: strings.Repeat("9", 65), Authorization: "a\nb", Acknowledged: true, Names: accounts.Names{First: "Ugo", Last: "Neri"}}, "license_number authorization_number"},
		} {
			_, err := w.Add(t.Context(), ugo, x.sub)
			var got []string
			if e, ok := errors.AsType[*errs.Error](err); ok {
				for _, f := range e.Fields {
					got = append(got, f.Pointer)
				}
			}
			if strings.Join(got, " ") != x.fields || errs.CodeOf(err) != "openlicense.submission" {
				t.Errorf("%+v: %v, want %s", x.sub, err, x.fields)
			}
		}
		sub := pair(second, secondNumber)
		sub.Names = accounts.Names{First: "Ugo", Last: "Neri"}
		if a := w.add(t, ugo, sub); a.Name != "Ugo Neri" {
			t.Errorf("%+v", a)
		}
		st, err := w.Standing(t.Context(), ugo)
		if err != nil || st.First || st.Names != sub.Names || !st.Holds {
			t.Errorf("%+v, %v", st, err)
		}
		sub = pair(other, otherNumber)
		sub.Names = accounts.Names{First: "Another", Last: "Name"} // is asked for once only
		if a := w.add(t, ugo, sub); a.Name != "Ugo Neri" {
			t.Errorf("the second time: %+v", a)
		}
	})
}

// TestGuessingLearnsNothing: whichever number is wrong, and when the license is suspended, the answer, the statements and the effect on the
// person are the same (OPEN-05).
func TestGuessingLearnsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Give("spia@alba.example", first, access.Download)
		spy := w.Person("spia@alba.example", "Spia", "Neri")
		for range 5 {
			w.Add(t.Context(), spy, pair(second, "0"))
		}
		if all, err := w.Suspensions(t.Context(), w.Anna); err != nil || len(all) != 1 || all[0].Number != second || all[0].Failures != 5 {
			t.Fatalf("%+v, %v", all, err)
		}
		var statements, rows []int
		for i, sub := range []openlicense.Submission{pair("0", "0"), pair(other, "0"), pair("0", otherNumber), pair(other, firstNumber), pair(second, secondNumber), pair("E-9001", "0")} {
			address := string(rune('a'+i)) + "@alba.example"
			w.Give(address, first, access.Download)
			who := w.Person(address, "Una", "Persona")
			count := 0
			ctx := db.Trace(t.Context(), func(n int, _ bool) { count += n })
			_, err := w.Add(ctx, who, sub)
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != "openlicense.wrong_pair" || len(e.Params)+len(e.Fields) > 0 {
				t.Errorf("%+v: %v", sub, err)
			}
			statements, rows = append(statements, count), append(rows, w.counted(who))
		}
		if len(slices.Compact(statements)) != 1 || statements[0] == 0 || !slices.Equal(slices.Compact(rows), []int{1}) {
			t.Errorf("statements %v, counted %v", statements, rows)
		}
		for _, body := range w.Recorded("openlicense.failed") {
			if strings.Contains(body, otherNumber) || strings.Contains(body, `"`+other) || strings.Contains(body, "@") {
				t.Errorf("on record: %s", body)
			}
		}
	})
}

// counted is how many wrong pairs count against somebody.
func (w *world) counted(actor audit.Actor) (n int) {
	w.T.Helper()
	err := w.DB.Read(w.T.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT count(*) FROM open_license_failures WHERE subject_id = $1", actor.ID).Scan(&n)
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return n
}

// TestAPersonIsSuspendedForADay after five wrong pairs in a row within a day, which a right one ends (OPEN-10 to OPEN-12).
func TestAPersonIsSuspendedForADay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		wrong := func(n int) {
			t.Helper()
			for range n {
				w.fails(t, "openlicense.wrong_pair", w.dario, pair("0", "0"))
			}
		}
		wrong(4)
		w.add(t, w.dario, pair(second, secondNumber)) // ends the row
		wrong(4)
		w.fails(t, "openlicense.held", w.dario, pair(second, secondNumber)) // ends nothing: nothing was given
		w.Clock.Advance(24 * time.Hour)                                     // too long ago
		wrong(1)
		w.Clock.Advance(23 * time.Hour)
		wrong(3)
		w.fails(t, "openlicense.suspended", w.dario, pair("0", "0"))
		w.fails(t, "openlicense.suspended", w.dario, pair(other, otherNumber))
		w.Clock.Advance(24*time.Hour - time.Microsecond)
		w.fails(t, "openlicense.suspended", w.dario, pair(other, otherNumber))
		if st, err := w.Standing(t.Context(), w.dario); err != nil || st.Suspended != w.Clock.Now().Add(time.Microsecond) {
			t.Errorf("%+v, %v", st, err)
		}
		w.Clock.Advance(time.Microsecond)
		w.add(t, w.dario, pair(other, otherNumber))
	})
}

// TestALicenseIsSuspendedUntilItsAdministratorEnablesIt, whoever entered the wrong numbers (OPEN-12; N12).
func TestALicenseIsSuspendedUntilItsAdministratorEnablesIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Give("ugo@alba.example", first, access.Download)
		ugo := w.Person("ugo@alba.example", "Ugo", "Neri")
		for range 3 {
			w.fails(t, "openlicense.wrong_pair", ugo, pair("0", otherNumber))
		}
		w.fails(t, "openlicense.wrong_pair", w.dario, pair(other, "0"))
		if mails := w.Mails(notify.OpenLicenseSuspended); len(mails) != 0 {
			t.Errorf("told too soon: %+v", mails)
		}
		w.fails(t, "openlicense.wrong_pair", w.dario, pair(other, "0"))
		mails := w.Mails(notify.OpenLicenseSuspended)
		if len(mails) != 1 || mails[0].To != "bruno@borealis.example" || mails[0].Params["failures"] != "5" ||
			mails[0].Params["people"] != "Dario Conti (dario@alba.example), Ugo Neri (ugo@alba.example)" {
			t.Errorf("mails %+v", mails)
		}
		w.Clock.Advance(72 * time.Hour)
		w.fails(t, "openlicense.wrong_pair", w.dario, pair(other, otherNumber))
		for name, x := range map[string]struct {
			actor audit.Actor
			want  string
		}{"another Administrator": {w.Anna, "licensing_ids.unknown"}, "staff": {w.Olga, "access.role_missing"}} {
			if err := w.Enable(t.Context(), x.actor, w.ID(other)); errs.CodeOf(err) != x.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Enable(t.Context(), w.Bruno, w.ID(other)); err != nil {
			t.Fatal(err)
		}
		if err := w.Enable(t.Context(), w.Bruno, w.ID(other)); errs.CodeOf(err) != "openlicense.not_suspended" {
			t.Errorf("again: %v", err)
		}
		w.add(t, w.dario, pair(other, otherNumber))
	})
}

// TestTriesAtOnceAreCountedOneAfterTheOther: no more get through than the limit, for a person and on a license.
func TestTriesAtOnceAreCountedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		got := map[string]int{}
		for range 9 {
			wg.Go(func() {
				_, err := w.Add(t.Context(), w.dario, pair(other, "0"))
				mu.Lock()
				defer mu.Unlock()
				got[errs.CodeOf(err)]++
			})
		}
		wg.Wait()
		if got["openlicense.wrong_pair"] != 4 || got["openlicense.suspended"] != 5 || len(w.Recorded("openlicense.failed")) != 5 {
			t.Errorf("%v, %d counted", got, len(w.Recorded("openlicense.failed")))
		}
		if all, err := w.Suspensions(t.Context(), w.Bruno); err != nil || len(all) != 1 || all[0].Failures != 5 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
