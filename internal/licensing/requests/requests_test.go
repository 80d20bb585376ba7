package requests_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/requests"
	"chiave/internal/licensing/requests/requeststest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

type world struct {
	*requeststest.World
	*requests.Service
	dario audit.Actor // of Alba, without any role
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	requeststest.Each(t, func(t *testing.T, base *requeststest.World) {
		s := requests.New(requests.Needs{DB: base.DB, Access: base.Access, Accounts: base.Accounts, Agreements: base.Agreements, Notify: base.Notify,
			Queue: base.Queue, BaseURL: requeststest.BaseURL})
		test(t, &world{base, s, base.Person("dario@alba.example", "Dario", "Conti")})
	})
}

func wants(program, number string, roles ...access.Role) requests.Submission {
	return requests.Submission{Program: program, Number: number, Roles: roles, Comments: "per favore"}
}

func (w *world) submit(t *testing.T, actor audit.Actor, s requests.Submission) requests.Request {
	t.Helper()
	r, _, err := w.Submit(t.Context(), actor, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) waiting(t *testing.T, actor audit.Actor) (numbers []string) {
	t.Helper()
	list, _, err := w.List(t.Context(), actor, requests.Filter{})
	if err != nil && errs.CodeOf(err) != "access.role_nowhere" {
		t.Fatal(err)
	}
	for _, r := range list {
		numbers = append(numbers, r.Number)
	}
	return numbers
}

// TestARequestReachesItsAdministratorsAndOneDecides (PERM-22, PERM-23, PERM-26 to PERM-30).
func TestARequestReachesItsAdministratorsAndOneDecides(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := w.submit(t, w.dario, wants("enterprise", " e-1001 ", access.ProductKeys, access.Download, access.Download))
		if !slices.Equal(r.Roles, []access.Role{access.Download, access.ProductKeys}) || r.Address != "dario@alba.example" || r.Licensing != "" {
			t.Errorf("submitted %+v", r)
		}
		mails := w.Mails(notify.RequestSubmitted)
		if to := requeststest.To(mails); to != "anna@alba.example carla@alba.example" {
			t.Fatalf("mails to %s", to)
		}
		if m := mails[0]; m.Lang != "it" || m.Params["requester"] != "Dario Conti" || m.Params["email"] != "dario@alba.example" || m.Params["licensing_id"] != "E-1001" ||
			m.Params["roles"] != "download product_keys" || m.Params["comments"] != "per favore" || m.Params["link"] != requeststest.BaseURL+"/requests/"+requests.Wire.Wire(r.ID) {
			t.Errorf("mail %+v", m)
		}
		for name, who := range map[string]struct {
			actor audit.Actor
			sees  bool
		}{"Anna": {w.Anna, true}, "Carla": {w.Carla, true}, "Bruno": {w.Bruno, false}, "the requester": {w.dario, false}, "the operator": {w.Olga, false}} {
			_, err := w.Get(t.Context(), who.actor, r.ID)
			if seen := slices.Equal(w.waiting(t, who.actor), []string{r.Number}); seen != who.sees || (err == nil) != who.sees || err != nil && errs.CodeOf(err) != "requests.unknown" && who.actor.ID != w.Olga.ID {
				t.Errorf("%s: in the list %v, %v", name, seen, err)
			}
		}
		d, err := w.Decide(t.Context(), w.Anna, r.ID, requests.Decision{Accept: true, Roles: []access.Role{access.Download}, Note: "basta così"})
		if err != nil || d.State != requests.Accepted {
			t.Fatalf("%+v, %v", d, err)
		}
		if w.May(w.dario, access.SeeLicensingID, "E-1001") != nil || errs.KindOf(w.May(w.dario, access.ViewKeys, "E-1001")) != errs.Denied {
			t.Error("what was accepted does not hold at once, or more holds than was given")
		}
		_, err = w.Decide(t.Context(), w.Carla, r.ID, requests.Decision{Note: "no"})
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != "requests.decided" || e.Params["name"] != "Anna Rossi" {
			t.Errorf("the second decision: %v", err)
		}
		mine, err := w.Mine(t.Context(), w.dario)
		if err != nil || len(mine) != 1 || mine[0].State != requests.Accepted || mine[0].Note != "basta così" || mine[0].Decider != "" || !slices.Equal(mine[0].Granted, []access.Role{access.Download}) {
			t.Errorf("to the requester: %+v, %v", mine, err)
		}
		after := w.Mails(notify.RequestAccepted, notify.RequestDenied)
		if len(after) != 1 || after[0].Event != notify.RequestAccepted || after[0].To != "dario@alba.example" || after[0].Params["roles"] != "download" || after[0].Params["note"] != "basta così" {
			t.Errorf("mails %+v", after)
		}
		list, _, err := w.List(t.Context(), w.Carla, requests.Filter{Decided: true})
		if err != nil || len(list) != 1 || list[0].Decider != "Anna Rossi" {
			t.Errorf("among the decided: %+v, %v", list, err)
		}
		for _, body := range append(w.Recorded("requests.submitted"), w.Recorded("requests.decided")...) {
			if strings.Contains(body, "@") || strings.Contains(body, "favore") || strings.Contains(body, "basta") || !strings.Contains(body, requests.Wire.Wire(r.ID)) {
				t.Errorf("on record: %s", body)
			}
		}
	})
}

// TestAskingTellsNothing: the same answer, by as many statements, and a request that waits (PERM-22).
func TestAskingTellsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var first requests.Request
		var least int
		for i, s := range []requests.Submission{wants("enterprise", "E-9001", access.Download), wants("enterprise", "E-4444", access.Download),
			wants("enterprise", "62000001", access.Download), wants("select-plus", "E-1001", access.Download)} {
			count := 0
			ctx := db.Trace(t.Context(), func(statements int, _ bool) { count += statements })
			r, _, err := w.Submit(ctx, w.dario, s)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first, least = r, count
			}
			if r.State != first.State || r.Licensing != "" || r.Licensed != "" || r.Due != first.Due || r.Name != first.Name || r.Asked != s.Number {
				t.Errorf("%s: %+v", s.Number, r)
			}
			if count != least || count == 0 {
				t.Errorf("%s: %d statements, %d for what exists", s.Number, count, least)
			}
		}
		if list := w.waiting(t, w.Olga); len(list) != 3 {
			t.Errorf("the publisher's staff see %v", list)
		}
		if list := w.waiting(t, w.Anna); len(list) != 0 {
			t.Errorf("the wrong program reached %v", list)
		}
		if to := requeststest.To(w.Mails(notify.RequestSubmitted)); to != "bruno@borealis.example" {
			t.Errorf("mails to %s", to)
		}
	})
}

// TestStaffAnswerWhatNobodyHas, and nothing else.
func TestStaffAnswerWhatNobodyHas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		nobodys, annas := w.submit(t, w.dario, wants("enterprise", "E-4444", access.Download)), w.submit(t, w.dario, wants("enterprise", "E-1001", access.Download))
		for _, who := range []audit.Actor{w.Anna, w.dario} {
			if _, err := w.Decide(t.Context(), who, nobodys.ID, requests.Decision{}); errs.CodeOf(err) != "requests.unknown" {
				t.Errorf("a customer: %v", err)
			}
		}
		if _, err := w.Decide(t.Context(), w.Olga, annas.ID, requests.Decision{}); errs.KindOf(err) == errs.Internal || err == nil {
			t.Errorf("staff on a customer's: %v", err)
		}
		if _, err := w.Decide(t.Context(), w.Olga, nobodys.ID, requests.Decision{Accept: true}); errs.CodeOf(err) != "requests.nobody_has" {
			t.Errorf("accepting what nobody has: %v", err)
		}
		if _, err := w.Decide(t.Context(), w.Olga, nobodys.ID, requests.Decision{Note: "controllare il numero"}); err != nil {
			t.Fatal(err)
		}
		if m := w.Mails(notify.RequestDenied); len(m) != 1 || m[0].Params["licensing_id"] != "E-4444" {
			t.Errorf("mails %+v", m)
		}
	})
}

// TestADecisionIsTakenOnce, whoever is quicker (PERM-28).
func TestADecisionIsTakenOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for round := range 7 {
			r := w.submit(t, w.dario, wants("enterprise", "E-1001", requests.Roles()[1+round]))
			results := make([]error, 2)
			var wg sync.WaitGroup
			for i, who := range []audit.Actor{w.Anna, w.Carla} {
				wg.Go(func() {
					_, results[i] = w.Decide(t.Context(), who, r.ID, requests.Decision{Accept: i == 0})
				})
			}
			wg.Wait()
			if (results[0] == nil) == (results[1] == nil) || errs.CodeOf(errors.Join(results...)) != "requests.decided" {
				t.Errorf("round %d: %v and %v", round, results[0], results[1])
			}
		}
	})
}

// TestWhatCannotBeAskedFor, and what is asked for again (PERM-25, PERM-31).
func TestWhatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for name, s := range map[string]requests.Submission{"program": wants("kitchen", "E-1001", access.Download), "elsewhere": wants("products-and-services", "E-1001", access.Download),
			"number": wants("enterprise", " ", access.Download), "roles": wants("enterprise", "E-1001"), "limited": wants("enterprise", "E-1001", access.Limited),
			"long": {Program: "enterprise", Number: "E-1001", Roles: []access.Role{access.Download}, Comments: strings.Repeat("x", 2001)},
			"none": wants("", "E-1001", access.Download)} {
			if _, _, err := w.Submit(t.Context(), w.dario, s); errs.CodeOf(err) != "requests.submission" {
				t.Errorf("%s: %v", name, err)
			}
		}
		first := w.submit(t, w.dario, wants("enterprise", "E-1001", access.Download))
		same, again, err := w.Submit(t.Context(), w.dario, wants("enterprise", "e-1001", access.Download))
		if err != nil || !again || same.Number != first.Number || len(w.waiting(t, w.Anna)) != 1 {
			t.Errorf("asked again: %+v %v %v", same, again, err)
		}
		w.Give("dario@alba.example", "E-1001", access.Download)
		if _, _, err := w.Submit(t.Context(), w.dario, wants("enterprise", "ENR-7", access.Download)); errs.CodeOf(err) != "requests.held" {
			t.Errorf("what is held: %v", err)
		}
		w.submit(t, w.dario, wants("", "E-1001", access.ProductKeys)) // more, on what the requester sees, without the program
		if len(w.waiting(t, w.Anna)) != 2 {
			t.Error("a request for more did not arrive")
		}

		opener := w.Person("elena@alba.example", "Elena", "Riva")
		w.submit(t, opener, wants("enterprise", "E-1001", access.Download))
		w.Give("elena@alba.example", "61000001", access.Download)
		if _, _, err := w.Submit(t.Context(), opener, wants("select-plus", "S-1", access.Download)); errs.CodeOf(err) != "requests.other_program" {
			t.Errorf("Open Licenses only, another program: %v", err)
		}
		w.submit(t, opener, wants("open-license", "90000002zze2801", access.Administrator))
		w.Give("elena@alba.example", "E-1001", access.Download)
		w.submit(t, opener, wants("select-plus", "S-1", access.Download))
	})
}

// TestRequestsADayAreLimited, also when many come at once.
func TestRequestsADayAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var taken, refused int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 25 {
			wg.Go(func() {
				_, _, err := w.Submit(t.Context(), w.dario, wants("enterprise", fmt.Sprint("E-", i), access.Download))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					taken++
				case errs.CodeOf(err) == "requests.too_many":
					refused++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if taken != 20 || refused != 5 {
			t.Errorf("%d taken, %d refused", taken, refused)
		}
		w.Clock.Advance(24 * time.Hour)
		w.submit(t, w.dario, wants("enterprise", "E-77", access.Download))
	})
}

// TestAdministratorOnAnOpenLicenseIsRemindedOf after a day, after two, and overdue after three (OPEN-02, AMB-44).
func TestAdministratorOnAnOpenLicenseIsRemindedOf(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := w.submit(t, w.dario, wants("open-license", "61000001", access.Administrator))
		w.submit(t, w.dario, wants("open-license", "61000001", access.Download)) // without a time limit
		if r.Due != r.Created.Add(72*time.Hour) {
			t.Errorf("due %v", r.Due)
		}
		reminded := func(want string) {
			t.Helper()
			for range 2 { // once, however often the job runs
				if err := w.Remind(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, m := range w.Mails(notify.RequestReminder, notify.RequestOverdue) {
				got = append(got, m.Event[len("request_"):]+" "+m.To)
			}
			if s := strings.Join(got, ", "); s != want {
				t.Errorf("after %v: %q, want %q", w.Clock.Now().Sub(r.Created), s, want)
			}
		}
		const both = "reminder anna@alba.example, reminder carla@alba.example"
		reminded("")
		w.Clock.Advance(24 * time.Hour)
		reminded(both)
		w.Clock.Advance(24 * time.Hour)
		reminded(both)
		if len(w.waiting(t, w.Olga)) != 0 {
			t.Error("staff follow it up before it is overdue")
		}
		w.Clock.Advance(24 * time.Hour)
		reminded("overdue anna@alba.example, overdue carla@alba.example, overdue olga@publisher.example")
		if list := w.waiting(t, w.Olga); len(list) != 1 || list[0] != r.Number {
			t.Errorf("staff follow up %v", list)
		}
		if got, err := w.Get(t.Context(), w.Olga, r.ID); err != nil || !got.Overdue || got.State != requests.Pending {
			t.Errorf("overdue: %+v, %v", got, err)
		}
		if _, err := w.Decide(t.Context(), w.Olga, r.ID, requests.Decision{}); err == nil {
			t.Error("staff decided in the Administrators' place")
		}
		w.Clock.Advance(24 * time.Hour)
		reminded("")
	})
}
